// A Terraform module's files, as hcl2json reads them, and the tree of each expression.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const { parse, getExpressionAst } = createRequire(resolve('target/tools/terraform/package.json'))('@cdktf/hcl2json')

// hcl2json is slow, and the copies with a mistake share all but a line.
const trees = new Map()
const files = new Map()

/** Where the interpolation that starts at `start` ends, just after its brace. */
function endOfInterpolation(text, start) {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    if (quoted) {
      if (text[at] === '\\') at++
      else if (text[at] === '"') quoted = false
      else if (text.startsWith('${', at)) at = endOfInterpolation(text, at) - 1
    } else if (text[at] === '"') quoted = true
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at + 1
  }
  throw new Error(`an interpolation without an end: ${text}`)
}

/** The expression in a value of hcl2json: itself, or a quoted template. null for a plain string. */
export function expressionOf(text) {
  if (text.includes('%{')) throw new Error(`directives in templates are not evaluated: ${text}`)
  if (!text.includes('${')) return null
  if (text.startsWith('${') && endOfInterpolation(text, 0) === text.length) return text.slice(2, -1).trim()
  let quoted = ''
  for (let at = 0; at < text.length; ) {
    const end = text.startsWith('${', at) ? endOfInterpolation(text, at) : at + 1
    const part = text.slice(at, end)
    quoted += part.length > 1 ? part : JSON.stringify(part).slice(1, -1)
    at = end
  }
  return `"${quoted}"`
}

/** The tree of an expression that was read before. */
export function treeOf(expression) {
  if (!trees.has(expression)) throw new Error(`not read before: ${expression}`)
  return trees.get(expression)
}

/** The source of an object's key: a word stands for itself. */
export const keyExpression = (key) => (/^[A-Za-z_][\w-]*$/.test(key) ? JSON.stringify(key) : key)

async function read(expression) {
  if (trees.has(expression)) return
  const tree = await getExpressionAst('expression', expression)
  trees.set(expression, tree)
  const nodes = [tree]
  for (const node of nodes) {
    nodes.push(...(node.children ?? []))
    // The tree of an object has no names, and its items are text.
    for (const [key, value] of Object.entries(node.type === 'object' ? node.meta.items : {})) {
      await read(keyExpression(key))
      await read(value)
    }
  }
}

async function readAll(value) {
  if (typeof value === 'string') {
    const expression = expressionOf(value)
    if (expression !== null) await read(expression)
  } else if (value !== null && typeof value === 'object') {
    for (const one of Object.values(value)) await readAll(one)
  }
}

/** The module in a directory: {directory, files, variable, locals, resource, data, output, module, provider, terraform}. */
export async function load(directory) {
  const module = { directory, resource: {}, data: {}, variable: {}, output: {}, locals: {}, module: {}, provider: {}, terraform: [] }
  const names = readdirSync(directory).filter((name) => name.endsWith('.tf'))
  if (names.length === 0) throw new Error(`${directory}: no file of Terraform`)
  for (const name of names) {
    const text = readFileSync(join(directory, name), 'utf8')
    if (!files.has(text)) {
      const parsed = await parse(name, text)
      await readAll({ ...parsed, variable: {} })
      for (const [variable] of Object.values(parsed.variable ?? {})) await readAll({ ...variable, type: '' })
      files.set(text, parsed)
    }
    for (const [kind, blocks] of Object.entries(files.get(text))) {
      if (kind === 'locals') for (const one of blocks) once(module.locals, one, `${directory}/${name}: local`)
      else if (kind === 'terraform') module.terraform.push(...blocks)
      else if (kind === 'resource' || kind === 'data') {
        for (const [type, named] of Object.entries(blocks)) once((module[kind][type] ??= {}), first(named), `${directory}/${name}: ${type}`)
      } else if (kind in module) once(module[kind], kind === 'provider' ? blocks : first(blocks), `${directory}/${name}: ${kind}`)
      else throw new Error(`${directory}/${name}: blocks named ${kind} are not looked at`)
    }
  }
  return module
}

// hcl2json makes a list of the blocks of one name.
function first(named) {
  return Object.fromEntries(
    Object.entries(named).map(([name, blocks]) => {
      if (blocks.length !== 1) throw new Error(`${name} is there ${blocks.length} times`)
      return [name, blocks[0]]
    }),
  )
}

function once(all, more, where) {
  for (const [name, one] of Object.entries(more)) {
    if (name in all) throw new Error(`${where} ${name} is there twice`)
    all[name] = one
  }
}
