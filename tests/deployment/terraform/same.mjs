// Whether the module makes what the template makes, for each input that the template is tried with.
import { readFileSync } from 'node:fs'
import { Stack } from './cloudformation.mjs'
import { Evaluation } from './evaluate.mjs'
import { attributes, computed, dataOf, pairs, parts, properties, pseudoOf, withoutCounterpart } from './pairs.mjs'
import { inTheModulesWords, snake } from './words.mjs'

export const world = { partition: 'aws', region: 'eu-west-1' }
const anotherWorld = { partition: 'aws-cn', region: 'cn-north-1' }

/** What the module is given beside the template's parameters. */
export const own = { name: 'rotate-alice', package_s3_bucket: 'packages', package_s3_key: 'bootstrap.zip', first_value_stored: true }

// The module attaches the rotation once the value is there, so it need not wait with the first rotation.
const rulesOfTheTemplateAlone = ['NothingToRotateYet']

const texts = new Set(['Description', 'AlarmDescription', 'InputTemplate'])

function sorted(value, words) {
  if (Array.isArray(value)) {
    return value.map((one) => sorted(one, words)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (value === null || typeof value !== 'object') return String(value)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, words && texts.has(key) ? words(String(one)) : sorted(one, words)]),
  )
}

function* differences(module, template, path) {
  if (module !== null && template !== null && typeof module === 'object' && typeof template === 'object') {
    for (const key of new Set([...Object.keys(module), ...Object.keys(template)])) {
      yield* differences(module[key], template[key], `${path}.${key}`)
    }
  } else if (module !== template) {
    yield `${path} is ${JSON.stringify(module)}, and in the template ${JSON.stringify(template)}`
  }
}

/** A value that notes which of its leaves nobody reads. */
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value
  for (const [key, one] of Object.entries(value)) if (one !== null && typeof one !== 'object') unread.add(`${path}.${key}`)
  const entries = Object.entries(value).map(([key, one]) => [key, watched(one, `${path}.${key}`, unread)])
  return new Proxy(Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries), {
    get: (target, key) => {
      unread.delete(`${path}.${String(key)}`)
      return target[key]
    },
  })
}

/** The module's values for an input of the template. */
function variablesOf(module, given) {
  const variables = Object.fromEntries(Object.entries(module.variable).map(([name, one]) => [name, one.default]))
  for (const [name, value] of Object.entries({ UserName: 'alice', ...given })) {
    const type = module.variable[snake(name)]?.type
    variables[snake(name)] = convert(value, type === undefined ? name : type.slice(2, -1))
  }
  return { ...variables, ...own }
}

const topic = 'alarms'
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:iam/admin-AbCdEf'
const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd'

// What the inputs of the template's own check leave out, since its pairs of conditions need no trial there.
const combined = [
  { AlarmTopic: topic },
  { AlarmTopic: topic, RevokeExposedKeys: 'revoke' },
  { AlarmTopic: topic, RevokeExposedKeys: 'no' },
  { AlarmTopic: topic, Fleet: 'blue' },
  { AlarmTopic: topic, Fleet: 'blue', SecretArn: secret, SecretName: 'team/{username}/key' },
  { AlarmTopic: topic, RetireAfter: '', OverdueCheck: 'aws-config' },
  { CredentialSource: 'administrator', AdministratorSecretArn: secret, AdministratorKmsKeyArn: key, KmsKeyArn: key },
  { CredentialSource: 'administrator', AdministratorSecretArn: secret, SourceSecretField: 'administrator', RetireAfter: '' },
  { CredentialSource: 'own-key', CreateFirstKey: 'false', RotateAtOnce: 'false', SecretKeyField: 'secret key', SourceSecretField: 'own' },
  { CredentialSource: 'another-account', RoleArn: 'arn:aws:iam::444455556666:role/rotator', RoleField: 'role', ExternalId: 'ab', ExternalIdField: 'id' },
  { UserName: 'REGION', Fleet: 'SECRET_ARN', UserPath: '/ACCOUNT_ID/' },
  { Architecture: 'x86_64', MemorySize: '256', Timeout: '300', LogRetentionDays: '7', Schedule: 'rate(4 hours)', Window: '1h', RotateAtOnce: 'false' },
  { DeleteKeyInUse: 'never', InUseWindow: '7days', VerifyTimeout: '30s', VerifySmtp: 'off', VerifySuccesses: '5', Revoke: 'at-once' },
]

// What a rule of the template cannot see.
const refusedByTheModuleAlone = [
  ['Window', { Schedule: 'cron(0 22 * * ? *)' }],
  ['Window', { Schedule: 'cron(0 4 1 * ? *)', Window: '21h' }],
  ['Window', { Schedule: 'cron(0 8/6 * * ? *)', Window: '5h' }],
  ['Window', { Schedule: 'cron(0 */5 * * ? *)', Window: '5h' }],
  ['Window', { Schedule: 'cron(0 /12 * * ? *)', Window: '13h' }],
]

class Refused extends Error {}

function convert(value, type) {
  if (type === 'string') return value
  if (type === 'bool' && (value === 'true' || value === 'false')) return value === 'true'
  if (type === 'list(string)') return value === '' ? [] : value.split(',')
  // What is no number as one writes it.
  if (type === 'number' && String(Number(value)) === value) return Number(value)
  throw new Refused(`${JSON.stringify(value)} is no ${type}`)
}

const evaluationOf = (module, given, world) => new Evaluation(module, variablesOf(module, given), dataOf(world), computed(world))

/** The module for each input that the template takes. */
export const evaluations = (module, { taken }) => [...taken, ...combined].map((given) => evaluationOf(module, given, world))

/** The inputs that the module refuses: [names of the variables that do, values of all variables]. */
export const refusals = (module, { refused: bad }) =>
  bad.flatMap(([, given]) => {
    try {
      const evaluation = evaluationOf(module, given, world)
      const names = evaluation.refusing()
      return names.length > 0 ? [[names, evaluation.variables]] : []
    } catch (error) {
      if (error instanceof Refused) return []
      throw error
    }
  })

function* made(module, template, given, world) {
  const evaluation = evaluationOf(module, given, world)
  const { variables } = evaluation
  const refusals = evaluation.refusals()
  if (refusals.length > 0) return yield `refused: ${refusals.join('; ')}`
  const instances = new Map(evaluation.instances())
  const left = new Set(instances.keys())
  const parameters = Object.fromEntries(Object.entries(template.Parameters).map(([name, { Default }]) => [name, Default]))
  const stack = new Stack(template, { ...parameters, UserName: 'alice', ...given }, pseudoOf(world, own.name), (id, attribute) => {
    const name = attributes[template.Resources[id].Type]?.[attribute]
    if (name === undefined) throw new Error(`nothing stands for ${id}.${attribute}`)
    return instances.get(pairs[id])?.[name] ?? `no ${pairs[id]}`
  })
  const words = (text) => inTheModulesWords(text, template)
  const resources = stack.resources()
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    // It is there for the order alone, which is seen by itself in both.
    if (Type === 'AWS::CloudFormation::WaitConditionHandle') continue
    if (instances.has(pairs[id])) yield* compared(module, instances, left, id, Type, sorted(propertiesOf(Properties), words))
    else yield `${id}: the module does not make ${pairs[id]}`
  }
  for (const address of left) yield `${address} is not in the template`
  for (const name of Object.keys(template.Outputs)) {
    if (snake(name) in module.output) yield* differences(evaluation.output(snake(name)), stack.output(name), `output ${snake(name)}`)
  }
  yield* firstValue(module, variables, resources, world)
}

// The package is sam's; no value of the secret is the module's.
const propertiesOf = ({ Code, SecretString, ...properties }) => properties

/** One resource with its counterpart; what of the module has none stays in `left`. */
function* compared(module, instances, left, id, type, expected) {
  const address = pairs[id]
  const unread = new Set()
  // Its arguments, without what the template has no counterpart for.
  const look = (one) => {
    left.delete(one)
    const [, kind, name] = /^(\w+)\.(\w+)/.exec(one)
    const without = withoutCounterpart(kind)
    const instance = instances.get(one)
    const given = Object.keys(module.resource[kind][name]).filter((key) => key in instance && !without.includes(key))
    return watched(Object.fromEntries(given.map((key) => [key, instance[key]])), one, unread)
  }
  const belonging = [...instances.keys()].filter((one) => {
    const part = parts[one.split('.')[0]]
    return part?.of === address.split('.')[0] && instances.get(one)[part.by] === instances.get(address).name
  })
  yield* differences(sorted(properties[type](look(address), belonging.map(look))), expected, address)
  for (const path of unread) yield `${path} has no counterpart in the template's ${id}`
  if (type === 'AWS::CloudWatch::Alarm' && instances.get(address).alarm_name !== `${own.name}-${id}`) {
    yield `${address} is not named ${own.name}-${id}, as the page and the notifications call it`
  }
}

/** What the command stores first is what the template writes into the secret; a key that exists is nobody's but the user's. */
function* firstValue(module, variables, resources, world) {
  const before = new Evaluation(module, { ...variables, first_value_stored: false }, dataOf(world), computed(world))
  const command = before.output('store_first_value')
  const expected = resources.Secret?.Properties.SecretString
  const stored = /--secret-string '(.*)'$/.exec(command ?? '')?.[1]
  if (expected === undefined ? stored !== undefined : stored === undefined || !sameJson(stored, expected)) {
    yield `store_first_value stores ${stored}, and the template ${expected}`
  }
  const schedules = Object.keys(module.resource.aws_secretsmanager_secret_rotation).flatMap((name) =>
    Object.keys(before.resource('aws_secretsmanager_secret_rotation', name)),
  )
  if (variables.secret_arn === '' && schedules.length > 0) yield 'the rotation is attached before there is a value'
}

const sameJson = (one, other) => JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other))

function* refused(module, template, [expected, given]) {
  let refusals
  try {
    refusals = evaluationOf(module, given, world).refusals()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return
  }
  const rule = template.Rules[expected]
  if (rulesOfTheTemplateAlone.includes(expected)) return
  const messages = rule?.Assertions.map(({ AssertDescription }) => inTheModulesWords(AssertDescription, template))
  const right = (message) => (rule ? messages.includes(message) : message.startsWith(`${snake(expected)} `))
  if (!refusals.some(right)) yield `not refused by ${expected}, but by ${refusals.join('; ') || 'nothing'}`
}

/** A value as it is written in HCL. */
export const literal = (value) => JSON.stringify(value).replaceAll('${', () => '$${')

function* declared(module, template) {
  for (const [name, one] of Object.entries(template.Parameters)) {
    const variable = module.variable[snake(name)]
    if (!variable) {
      yield `no variable ${snake(name)} for the parameter ${name}`
      continue
    }
    const type = variable.type.slice(2, -1)
    const value = one.Default === undefined ? undefined : convert(String(one.Default), type)
    if (JSON.stringify(variable.default) !== JSON.stringify(value)) yield `variable ${snake(name)} is ${variable.default} by default, and the parameter ${value}`
    if (!variable.description) yield `variable ${snake(name)} has no description`
    if (variable.nullable !== false) yield `variable ${snake(name)} takes null, which means its default to nobody`
    // Word by word, where the two languages can be told to mean the same.
    const conditions = (variable.validation ?? []).map(({ condition }) => condition).join('\n')
    const wanted = []
    if (one.AllowedPattern && type === 'string') wanted.push(`can(regex(${literal(`^(?:${one.AllowedPattern})$`)}, var.${snake(name)}))`)
    if (one.MaxLength) wanted.push(`length(var.${snake(name)}) <= ${one.MaxLength}`)
    if (one.MinValue) wanted.push(`var.${snake(name)} >= ${one.MinValue} && var.${snake(name)} <= ${one.MaxValue}`)
    if (one.AllowedValues && type !== 'bool') {
      wanted.push(`contains([${one.AllowedValues.map((v) => (type === 'number' ? v : literal(v))).join(', ')}], var.${snake(name)})`)
    }
    for (const condition of wanted) if (!conditions.includes(condition)) yield `variable ${snake(name)} is not held to ${condition}`
  }
  const named = new Set(Object.keys(template.Parameters).map(snake))
  const more = [...Object.keys(own), 'package_file', 'package_s3_object_version']
  for (const name of Object.keys(module.variable)) {
    if (!named.has(name) && !more.includes(name)) yield `variable ${name} is no parameter of the template`
  }
  const outputs = new Set(Object.keys(template.Outputs).map(snake))
  for (const name of outputs) if (!(name in module.output)) yield `no output ${name}`
  for (const name of Object.keys(module.output)) {
    if (!outputs.has(name) && name !== 'store_first_value') yield `output ${name} is none of the template`
  }
  for (const [name, { Description }] of Object.entries(template.Outputs)) {
    if (module.output[snake(name)] && module.output[snake(name)].description !== Description) yield `output ${snake(name)} is described otherwise`
  }
}

/** Compares, and yields what differs: one line for each. */
export function* same(module, { template, taken, refused: bad }) {
  yield* declared(module, template)
  const said = new Set()
  const tried = [...[...taken, ...combined].map((given) => [given, world]), ...combined.map((given) => [given, anotherWorld])]
  for (const [given, where] of tried) {
    for (const line of made(module, template, given, where)) {
      // What differs for one input differs for most.
      if (!said.has(line)) yield `${line} (for ${JSON.stringify(given)} in ${where.region})`
      said.add(line)
    }
  }
  for (const one of [...bad, ...refusedByTheModuleAlone]) for (const line of refused(module, template, one)) yield `${JSON.stringify(one[1])} is ${line}`
}

export const inputs = (path) => JSON.parse(readFileSync(path, 'utf8'))
