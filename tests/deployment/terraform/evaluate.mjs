// What Terraform makes of a module's expressions: only as much of the language as this module uses. Anything else is an error.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expressionOf, keyExpression, treeOf } from './module.mjs'

const operators = {
  equal: (a, b) => same(a, b),
  notEqual: (a, b) => !same(a, b),
  greaterThanOrEqual: (a, b) => a >= b,
  lessThanOrEqual: (a, b) => a <= b,
  greaterThan: (a, b) => a > b,
  lessThan: (a, b) => a < b,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)

// A pattern in slashes is a regular expression.
const pattern = (text) => (text.length > 1 && text.startsWith('/') && text.endsWith('/') ? new RegExp(text.slice(1, -1), 'g') : text)

const functions = {
  alltrue: (list) => list.every((one) => one === true),
  concat: (...lists) => lists.flat(),
  contains: (list, value) => list.some((one) => same(one, value)),
  element: (list, index) => list[index % list.length],
  file: (path) => readFileSync(path, 'utf8'),
  filebase64sha256: (path) => createHash('sha256').update(readFileSync(path)).digest('base64'),
  floor: Math.floor,
  join: (between, list) => list.map(text).join(between),
  jsonencode: (value) => JSON.stringify(value),
  length: (value) => (typeof value === 'string' ? [...value].length : Object.keys(value).length),
  lookup: (map, key, otherwise) => (Object.hasOwn(map, key) ? map[key] : otherwise),
  min: Math.min,
  merge: (...maps) => Object.assign({}, ...maps),
  one: (list) => {
    if (list.length > 1) throw new Error('one() of several')
    return list[0] ?? null
  },
  regex: (expression, value) => {
    const found = new RegExp(expression).exec(value)
    if (found === null) throw new Error('no match')
    return found.length > 1 ? found.slice(1) : found[0]
  },
  regexall: (expression, value) => value.match(new RegExp(expression, 'g')) ?? [],
  replace: (value, what, by) => value.replaceAll(pattern(what), () => by),
  split: (between, value) => value.split(between),
  toset: (list) => Object.fromEntries(list.map((one) => [one, one])),
  tonumber: (value) => {
    if (!Number.isFinite(Number(value))) throw new Error('no number')
    return Number(value)
  },
  tostring: (value) => String(value),
}

function text(value) {
  if (value === null || typeof value === 'object' || value === undefined) throw new Error('a text of what has none')
  return String(value)
}

/** The value of one step of a path. A name that is not there is an error, as it is for Terraform. */
function step(value, name) {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) throw new Error(`nothing named ${name}`)
  return value[name]
}

/** Evaluates a module for values of its variables. `computed` tells what AWS adds to a resource: (type, values) => values. */
export class Evaluation {
  #module
  #computed
  #known = new Map()

  constructor(module, variables, data, computed) {
    this.#module = module
    this.#computed = computed
    this.variables = variables
    this.data = data
  }

  /** The messages of the validations that fail. */
  refusals() {
    return Object.values(this.#module.variable)
      .flatMap(({ validation }) => validation ?? [])
      .filter(({ condition }) => this.value(condition) !== true)
      .map(({ error_message: message }) => message)
  }

  /** The variables that Terraform names: it does not evaluate a condition on another variable that fails itself. */
  refusing() {
    const failing = Object.entries(this.#module.variable).flatMap(([name, { validation }]) => {
      const conditions = validation?.map(({ condition }) => condition).filter((one) => this.value(one) !== true) ?? []
      return conditions.length > 0 ? [[name, conditions]] : []
    })
    const onAnother = (name, condition) => failing.some(([other]) => other !== name && new RegExp(`\\bvar\\.${other}\\b`).test(condition))
    return failing.filter(([name, conditions]) => conditions.some((one) => !onAnother(name, one))).map(([name]) => name)
  }

  output(name) {
    return this.value(this.#module.output[name].value)
  }

  /** The instances of a resource: one, a list (count) or an object (for_each). */
  resource(type, name) {
    return this.#once(`${type}.${name}`, () => {
      const { count, for_each: each, depends_on: order, lifecycle, provider, ...body } = this.#module.resource[type][name]
      const made = (scope) => {
        const values = this.value(body, scope)
        return { ...this.#computed(type, values, this), ...values }
      }
      if (count !== undefined) return Array.from({ length: this.value(count) }, () => made({}))
      if (each === undefined) return made({})
      return Object.fromEntries(
        Object.entries(this.value(each)).map(([key, value]) => [key, made({ each: { key, value } })]),
      )
    })
  }

  /** All instances: [address, values]. */
  instances() {
    return Object.entries(this.#module.resource).flatMap(([type, named]) =>
      Object.entries(named).flatMap(([name, { count, for_each: each }]) => {
        const made = this.resource(type, name)
        if (count === undefined && each === undefined) return [[`${type}.${name}`, made]]
        return Object.entries(made).map(([key, one]) => [`${type}.${name}[${count === undefined ? JSON.stringify(key) : key}]`, one])
      }),
    )
  }

  /** What a value of hcl2json stands for: a text, a list, or an object. */
  value(given, scope = {}) {
    if (Array.isArray(given)) return given.map((one) => this.value(one, scope))
    if (given !== null && typeof given === 'object') {
      return Object.fromEntries(Object.entries(given).map(([name, one]) => [name, this.value(one, scope)]))
    }
    if (typeof given !== 'string') return given
    const expression = expressionOf(given)
    return expression === null ? given : this.#tree(treeOf(expression), scope)
  }

  #once(key, make) {
    if (!this.#known.has(key)) this.#known.set(key, make())
    return this.#known.get(key)
  }

  #root(name, scope) {
    if (Object.hasOwn(scope, name)) return { value: scope[name], steps: 1 }
    return null
  }

  #path(traversal, scope) {
    const [head, second, third] = traversal.map(({ segment }) => segment.replace(/^"(.*)"$/, '$1'))
    const found = this.#root(head, scope)
    let value
    let used = 2
    if (found) ({ value, steps: used } = found)
    else if (head === 'var') value = step(this.variables, second)
    else if (head === 'local') {
      step(this.#module.locals, second)
      value = this.#once(`local.${second}`, () => this.value(this.#module.locals[second]))
    } else if (head === 'path' && second === 'module') value = this.#module.directory
    else if (head === 'data') {
      value = step(step(this.data, second), third)
      used = 3
    } else {
      step(step(this.#module.resource, head), second)
      value = this.resource(head, second)
    }
    return traversal.slice(used).reduce((at, { segment }) => step(at, segment.replace(/^"(.*)"$/, '$1')), value)
  }

  #tree(node, scope) {
    const { type, children = [], meta } = node
    const child = (index) => this.#tree(children[index], scope)
    switch (type) {
      case 'literalValue':
        if (meta.type === 'string') return JSON.parse(`"${meta.value}"`)
        return JSON.parse(meta.value)
      case 'template':
        return children.map((one) => text(this.#tree(one, scope))).join('')
      case 'templateWrap':
        return child(0)
      // Parentheses have no name of their own.
      case '':
        if (children.length !== 1) throw new Error('a node without a name is not evaluated')
        return child(0)
      case 'tuple':
        return children.map((one) => this.#tree(one, scope))
      case 'object':
        return Object.fromEntries(
          Object.entries(meta.items).map(([key, value]) => [
            text(this.#tree(treeOf(keyExpression(key)), scope)),
            this.#tree(treeOf(value), scope),
          ]),
        )
      case 'scopeTraversal':
        return this.#path(meta.traversal, scope)
      case 'relativeTraversal':
        return meta.traversal.reduce((at, { segment }) => step(at, segment), child(0))
      case 'index':
        return step(child(0), child(1))
      case 'splat':
        return children[1].meta.traversal.reduce((list, { segment }) => list.map((one) => step(one, segment)), child(0))
      case 'conditional':
        return child(0) ? child(1) : child(2)
      case 'unaryOp':
        return meta.operator === 'negate' ? -child(0) : !child(0)
      case 'binaryOp':
        if (meta.operator === 'logicalAnd') return child(0) && child(1)
        if (meta.operator === 'logicalOr') return child(0) || child(1)
        if (!(meta.operator in operators)) throw new Error(`${meta.operator} is not evaluated`)
        return operators[meta.operator](child(0), child(1))
      case 'for':
        return this.#for(node, scope)
      case 'function':
        if (meta.name === 'can') {
          try {
            child(0)
            return true
          } catch {
            return false
          }
        }
        if (meta.name === 'try') {
          for (const index of children.keys()) {
            try {
              return child(index)
            } catch {
              // The next one.
            }
          }
          throw new Error('nothing that is tried has a value')
        }
        if (!(meta.name in functions)) throw new Error(`${meta.name}() is not evaluated`)
        return functions[meta.name](...children.map((one) => this.#tree(one, scope)))
      default:
        throw new Error(`${type} is not evaluated: ${meta?.value}`)
    }
  }

  #for({ children, meta }, scope) {
    const collection = this.#tree(children[0], scope)
    const [key, value, condition] = meta.keyExpression
      ? [children[1], children[2], children[3]]
      : [null, children[1], children[2]]
    const made = []
    const inner = { ...scope }
    for (const [name, one] of Object.entries(collection)) {
      inner[meta.valVar] = one
      if (meta.keyVar) inner[meta.keyVar] = name
      if (condition && !this.#tree(condition, inner)) continue
      made.push(key ? [text(this.#tree(key, inner)), this.#tree(value, inner)] : this.#tree(value, inner))
    }
    return key ? Object.fromEntries(made) : made
  }
}
