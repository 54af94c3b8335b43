// Whether every name in a module's expressions is the name of something, and every variable, local and data source is used.
import { existsSync } from 'node:fs'
import { expressionOf, keyExpression, treeOf } from './module.mjs'
import { hasAttribute, schemaOf } from './schema.mjs'

/** All texts of a module, each with where it is. */
export function* texts(value, where) {
  if (typeof value === 'string') yield [value, where]
  else if (value !== null && typeof value === 'object') {
    for (const [name, one] of Object.entries(value)) yield* texts(one, `${where}.${name}`)
  }
}

/** The paths in a tree that no `for` around them names: lists of names. */
export function paths(node, inner = []) {
  const { type, children = [], meta } = node
  if (type === 'scopeTraversal') {
    const segments = meta.traversal.map(({ segment }) => segment)
    return inner.includes(segments[0]) ? [] : [segments]
  }
  if (type === 'object') {
    return Object.entries(meta.items).flatMap(([key, value]) => [...paths(treeOf(keyExpression(key)), inner), ...paths(treeOf(value), inner)])
  }
  if (type === 'splat') {
    const steps = children[1].meta.traversal.map(({ segment }) => segment)
    return paths(children[0], inner).map((path) => [...path, '*', ...steps])
  }
  const [collection, ...rest] = children
  if (type === 'for') return [...paths(collection, inner), ...rest.flatMap((one) => paths(one, [...inner, meta.keyVar, meta.valVar]))]
  return children.flatMap((one) => paths(one, inner))
}

function problem(module, [head, second, third, ...rest], modules) {
  switch (head) {
    case 'var':
      return second in module.variable ? null : 'no such variable'
    case 'local':
      return second in module.locals ? null : 'no such local'
    case 'each':
      return ['key', 'value'].includes(second) ? null : 'each has key and value'
    case 'path':
      return second === 'module' ? null : 'only path.module is known'
    case 'aws':
      return module.provider.aws?.some(({ alias }) => alias === second) ? null : 'no such provider'
    case 'module':
      if (!(second in module.module)) return 'no such module'
      return third in modules[second].output ? null : `${second} has no such output`
    case 'data':
      if (!module.data[second]?.[third]) return 'no such data source'
      return attribute(schemaOf(second, true), rest)
    default:
      if (!module.resource[head]?.[second]) return 'no such resource'
      return attribute(schemaOf(head), third === undefined ? [] : [third, ...rest])
  }
}

function attribute(schema, steps) {
  const name = steps.find((step) => !/^(\d+|\*|".*")$/.test(step))
  return name === undefined || !schema || hasAttribute(schema, name) ? null : `no attribute ${name}`
}

/** Names that stand for nothing, and what nothing names. `modules` are those that it calls, by their names. */
export function* references(module, modules = {}) {
  const used = new Set()
  const { variable, locals, resource, data, output, provider, module: calls } = module
  for (const [name, { type }] of Object.entries(variable)) if (!type) yield `variable ${name}: no type`
  for (const [name, { validation = [] }] of Object.entries(variable)) {
    for (const { condition } of validation) {
      const named = paths(treeOf(expressionOf(condition)))
      if (!named.some(([head, second]) => head === 'var' && second === name)) yield `variable ${name}: a validation does not name it`
    }
  }
  const validations = Object.fromEntries(Object.entries(variable).map(([name, { validation }]) => [name, validation ?? []]))
  for (const [text, where] of texts({ variable: validations, local: locals, resource, data, output, provider, module: calls }, '')) {
    const expression = expressionOf(text)
    // ignore_changes names the resource's own arguments.
    if (expression === null || where.includes('.ignore_changes.')) continue
    for (const path of paths(treeOf(expression))) {
      const wrong = problem(module, path, modules)
      if (wrong) yield `${where.slice(1)}: ${path.join('.')}: ${wrong}`
      // A variable's own validation does not use it.
      if (!where.startsWith('.variable.') || path[0] !== 'var') used.add(path.slice(0, path[0] === 'data' ? 3 : 2).join('.'))
    }
  }
  for (const name of Object.keys(variable)) if (!used.has(`var.${name}`)) yield `variable ${name} is not used`
  for (const name of Object.keys(locals)) if (!used.has(`local.${name}`)) yield `local ${name} is not used`
  for (const [type, named] of Object.entries(data)) {
    for (const name of Object.keys(named)) if (!used.has(`data.${type}.${name}`)) yield `data source ${type}.${name} is not used`
  }
  for (const [text] of texts(locals, '')) {
    for (const [, path] of text.matchAll(/file\("\$\{path\.module\}(\/[^"$]*)"\)/g)) {
      if (!existsSync(module.directory + path)) yield `no file ${path}`
    }
  }
  for (const [name, call] of Object.entries(calls)) yield* called(name, call, modules[name])
}

function* called(name, call, module) {
  const given = Object.keys(call).filter((argument) => !['source', 'version', 'providers', 'count', 'for_each', 'depends_on'].includes(argument))
  for (const argument of given) if (!(argument in module.variable)) yield `module ${name}: ${argument} is no variable of it`
  for (const [variable, one] of Object.entries(module.variable)) {
    if (!('default' in one) && !given.includes(variable)) yield `module ${name}: ${variable} is missing`
  }
}
