// check.mjs INPUTS DIR...: all checks on copies of infra/ and policies/. A line for each thing that is wrong,
// or with FIRST_ALONE one for each check that finds something.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { evaluatedArguments, writtenArguments } from './arguments.mjs'
import { load } from './module.mjs'
import { references } from './references.mjs'
import { evaluations, inputs, same } from './same.mjs'
import { traps } from './traps.mjs'

/** The examples of a module: [name, module, modules that it calls]. */
async function examples(directory, module) {
  const at = join(directory, 'examples')
  const names = existsSync(at) ? readdirSync(at) : []
  return Promise.all(
    names.map(async (name) => {
      const one = await load(join(at, name))
      for (const [call, { source }] of Object.entries(one.module)) {
        if (source !== '../..') throw new Error(`${name}: the module ${call} is not this one`)
      }
      return [name, one, Object.fromEntries(Object.keys(one.module).map((call) => [call, module]))]
    }),
  )
}

const checks = {
  async *references(directory, module) {
    yield* references(module)
    for (const [name, one, modules] of await examples(directory, module)) {
      for (const line of references(one, modules)) yield `examples/${name}: ${line}`
    }
  },
  async *arguments(directory, module, given) {
    yield* writtenArguments(module)
    const said = new Set()
    for (const evaluation of evaluations(module, given)) {
      for (const line of evaluatedArguments(module, evaluation)) if (said.size < said.add(line).size) yield line
    }
    for (const [name, one] of await examples(directory, module)) {
      for (const line of writtenArguments(one)) yield `examples/${name}: ${line}`
    }
  },
  async *traps(directory, module) {
    yield* traps(module)
    for (const [name, one] of await examples(directory, module)) {
      for (const line of traps(one)) yield `examples/${name}: ${line}`
    }
  },
  async *same(_, module, given) {
    yield* same(module, given)
  },
}

const [path, ...directories] = process.argv.slice(2)
const { templates, ...tried } = inputs(path)
let wrong = false
for (const root of directories) {
  const directory = join(root, 'infra/terraform')
  const say = (check, line) => {
    console.log(`${directory}: ${check}: ${line}`)
    wrong = true
  }
  let module
  try {
    module = await load(directory)
  } catch (error) {
    say('syntax', error.message)
    continue
  }
  for (const [check, lines] of Object.entries(checks)) {
    try {
      for await (const line of lines(directory, module, { template: templates[root], ...tried })) {
        say(check, line)
        if (process.env.FIRST_ALONE) break
      }
    } catch (error) {
      // What cannot be evaluated may be a mistake of the module's or a lack of the evaluation: neither passes.
      say(check, `ends early: ${error.message}`)
    }
  }
}
if (wrong) process.exit(1)
console.log(`${['syntax', ...Object.keys(checks)].join(', ')}: nothing wrong`)
