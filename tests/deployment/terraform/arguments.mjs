// Whether every resource and data source has the arguments that the provider asks for, no other, and each of its type.
import { schemaOf } from './schema.mjs'

const meta = ['count', 'for_each', 'depends_on', 'lifecycle', 'provider']

const types = {
  string: (value) => typeof value !== 'object',
  number: (value) => typeof value !== 'object' && value !== '' && !Number.isNaN(Number(value)) && typeof value !== 'boolean',
  boolean: (value) => typeof value === 'boolean' || value === 'true' || value === 'false',
  'string[]': (value) => listOf(value, types.string),
  'number[]': (value) => listOf(value, types.number),
}

const listOf = (value, each) => Array.isArray(value) && value.every((one) => one !== null && each(one))

function isMap(value, type) {
  const [, each] = /\[key: string\]: (\w+)/.exec(type) ?? []
  return typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((one) => one !== null && types[each](one))
}

function* mistyped(value, type, where) {
  const fits = type.startsWith('{') ? isMap(value, type) : types[type]?.(value)
  if (fits === undefined) yield `${where}: values of the type ${type} are not checked`
  else if (!fits) yield `${where} is ${JSON.stringify(value)}, which is no ${type.replace(/\s+/g, ' ')}`
}

function* checked(body, declared, blocks, where) {
  for (const [name, value] of Object.entries(body)) {
    const one = declared[name]
    if (one === undefined) {
      yield `${where}: ${name} is no argument`
      continue
    }
    if (value === null) continue
    const block = blocks[one.type.replace('[]', '')]
    if (!block) {
      yield* mistyped(value, one.type, `${where}.${name}`)
      continue
    }
    // hcl2json makes a list of what is written as a block.
    if (!Array.isArray(value) || value.some((each) => typeof each !== 'object')) {
      yield `${where}: ${name} is a block`
      continue
    }
    if (value.length > 1 && !one.type.endsWith('[]')) yield `${where}: ${name} is there ${value.length} times`
    for (const each of value) yield* checked(each, block, blocks, `${where}.${name}`)
  }
  for (const [name, { optional }] of Object.entries(declared)) {
    if (!optional && (body[name] ?? null) === null) yield `${where}: ${name} is missing`
  }
}

/** A body as it is written: what its arguments are, though not their values. */
function* written(body, schema, where) {
  const names = (one, declared, path) =>
    Object.entries(one).flatMap(([name, value]) => {
      if (path === where && meta.includes(name)) return []
      const known = declared[name]
      if (!known) return [`${path}: ${name} is no argument`]
      const block = schema.blocks[known.type.replace('[]', '')]
      if (block && Array.isArray(value)) return value.flatMap((each) => names(each, block, `${path}.${name}`))
      return []
    })
  yield* names(body, schema.arguments, where)
  for (const [name, { optional }] of Object.entries(schema.arguments)) {
    if (!optional && !(name in body)) yield `${where}: ${name} is missing`
  }
}

/** Everything as it is written: {directory of a module or an example}. */
export function* writtenArguments(module) {
  for (const [kind, data] of [['resource', false], ['data', true]]) {
    for (const [type, named] of Object.entries(module[kind])) {
      const schema = schemaOf(type, data)
      if (!schema) yield `the provider has no ${kind} ${type}`
      else for (const [name, body] of Object.entries(named)) yield* written(body, schema, `${data ? 'data.' : ''}${type}.${name}`)
    }
  }
}

/** The values of the instances that an evaluation makes. */
export function* evaluatedArguments(module, evaluation) {
  for (const [address, instance] of evaluation.instances()) {
    const [, type, name] = /^(\w+)\.(\w+)/.exec(address)
    const schema = schemaOf(type)
    const given = Object.keys(module.resource[type][name]).filter((key) => !meta.includes(key))
    if (schema) yield* checked(Object.fromEntries(given.map((key) => [key, instance[key]])), schema.arguments, schema.blocks, address)
  }
}
