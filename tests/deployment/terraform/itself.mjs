// Compares what Terraform plans with what the evaluation makes: itself.mjs write|compare INPUTS DIR FILE.
//
// write: a test for Terraform with a run for each input, in which the provider answers what the evaluation takes AWS to
// answer. compare: the plans that `terraform test -json -verbose` printed, with the same evaluations.
import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { load } from './module.mjs'
import { computed, dataOf } from './pairs.mjs'
import { evaluations, inputs, literal, refusals, world } from './same.mjs'

const [action, path, root, file] = process.argv.slice(2)
const module = await load(join(root, 'infra/terraform'))
const tried = inputs(path)
const all = evaluations(module, tried)
// Those that a variable refuses: [variables, values]. What is not even of the variable's type is left out.
const bad = refusals(module, tried)
const assignments = (values) => Object.entries(values).map(([name, value]) => `      ${name} = ${literal(value)}`).join('\n')

function answered(evaluation) {
  return evaluation.instances().flatMap(([address, values]) => {
    const answer = computed(world)(address.split('.')[0], values)
    if (Object.keys(answer).length === 0) return []
    return [`  override_resource {\n    target = ${address}\n    override_during = plan\n    values = {\n${assignments(answer)}\n    }\n  }`]
  })
}

function run(evaluation, index) {
  const variables = Object.entries(evaluation.variables).map(([name, value]) => `    ${name} = ${literal(value)}`)
  return `run "input_${index}" {\n  command = plan\n  variables {\n${variables.join('\n')}\n  }\n${answered(evaluation).join('\n')}\n}\n`
}

function refusedRun([names, variables], index) {
  const values = Object.entries(variables).map(([name, value]) => `    ${name} = ${literal(value)}`)
  const expected = names.map((name) => `var.${name}`).join(', ')
  return `run "refused_${index}" {\n  command = plan\n  variables {\n${values.join('\n')}\n  }\n  expect_failures = [${expected}]\n}\n`
}

function* differences(evaluation, plan) {
  const planned = new Map(plan.resource_changes.filter(({ mode }) => mode === 'managed').map(({ address, change }) => [address, change.after]))
  for (const [address, values] of evaluation.instances()) {
    const after = planned.get(address)
    planned.delete(address)
    if (!after) {
      yield `${address} is not planned`
      continue
    }
    const [, type, name] = /^(\w+)\.(\w+)/.exec(address)
    for (const argument of Object.keys(module.resource[type][name]).filter((one) => one in values)) {
      // The provider answers with a hash of its own where there is no file.
      if (argument === 'source_code_hash' && values[argument] === null) continue
      const [made, really] = [text(values[argument]), text(after[argument])]
      if (made !== really) yield `${address}.${argument} is ${made}, and for Terraform ${really}`
    }
  }
  for (const address of planned.keys()) yield `${address} is planned, and not evaluated`
  for (const name of Object.keys(module.output)) {
    const really = plan.output_changes[name]?.after ?? null
    if (evaluation.output(name) !== really) yield `output ${name} is ${evaluation.output(name)}, and for Terraform ${really}`
  }
}

// Without what the provider adds: null, and lists and maps that are empty. JSON in a text by what it says.
function text(value) {
  return JSON.stringify(plain(value)) ?? 'nothing'
}

function plain(value) {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' && /^\{\s*"/.test(value)) return plain(JSON.parse(value))
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).map(([name, one]) => [name, plain(one)]).filter(([, one]) => one !== undefined)
  if (entries.length === 0) return undefined
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

if (action === 'write') {
  const data = Object.entries(dataOf(world)).map(
    ([type, { current }]) => `  override_data {\n    target = data.${type}.current\n    values = {\n${assignments(current)}\n    }\n  }`,
  )
  writeFileSync(file, `mock_provider "aws" {\n  override_during = plan\n${data.join('\n')}\n}\n\n${[...all.map(run), ...bad.map(refusedRun)].join('\n')}`)
} else {
  const plans = new Map()
  let refused = 0
  // Each plan comes with all that the provider declares, some 13 MB: too much for one text.
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { type, test_plan: plan, test_run: outcome, diagnostic, '@testrun': name } = JSON.parse(line)
    if (type === 'test_plan') plans.set(name, { resource_changes: plan.resource_changes, output_changes: plan.output_changes })
    if (name?.startsWith('refused_') && outcome?.progress === 'complete') refused += outcome.status === 'pass' ? 1 : 0
    if (type === 'diagnostic' && diagnostic.severity === 'error' && !name?.startsWith('refused_')) console.log(`${diagnostic.severity}: ${diagnostic.summary} ${diagnostic.detail}`)
  }
  let wrong = 0
  all.forEach((evaluation, index) => {
    const plan = plans.get(`input_${index}`)
    for (const line of plan ? differences(evaluation, plan) : ['not planned']) {
      console.log(`input ${index}: ${line}`)
      wrong++
    }
  })
  if (refused !== bad.length) console.log(`of ${bad.length} inputs that are refused, Terraform refuses ${refused} for the same variables`)
  if (wrong > 0 || refused !== bad.length) process.exit(1)
  console.log(`terraform: plans for ${plans.size} inputs what the evaluation makes, and refuses ${refused} for the same variables`)
}
