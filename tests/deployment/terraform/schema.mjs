// The AWS provider's arguments, as its typed bindings for the CDK for Terraform declare them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const bindings = 'target/tools/terraform/aws/package/lib'
const known = new Map()

const argument = /#(\w+) \w+#\1\}(?:(?!\*\/)[\s\S])*\*\/\s*readonly \w+(\?)?: (\{[^}]*\}|[^;]*);/g

/** A resource or a data source: {arguments: {name: {optional, type}}, blocks: {interface: arguments}, attributes}; null if there is none. */
export function schemaOf(type, data = false) {
  const path = join(bindings, `${data ? 'data-' : ''}${data ? type : type.replace(/^aws_/, '')}`.replaceAll('_', '-'), 'index.d.ts')
  if (!known.has(path)) known.set(path, existsSync(path) ? read(readFileSync(path, 'utf8'), path) : null)
  return known.get(path)
}

function read(text, path) {
  const blocks = {}
  let top
  for (const [, name, config, body] of text.matchAll(/^export interface (\w+)( extends cdktf\.TerraformMetaArguments)? \{\n([\s\S]*?)^\}/gm)) {
    blocks[name] = Object.fromEntries(
      [...body.matchAll(argument)].map(([, attribute, optional, type]) => [attribute, { optional: optional === '?', type: type.split(' | ')[0] }]),
    )
    // Each argument is declared once: what this reading missed would be missing without a word.
    const declared = body.match(/^ {4}readonly /gm)?.length ?? 0
    if (declared !== Object.keys(blocks[name]).length) throw new Error(`${path}: ${name} has ${declared} arguments, not all of them read`)
    if (config) top = name
  }
  if (!top) throw new Error(`${path}: no arguments found`)
  const attributes = new Set([...text.matchAll(/^ {4}get (\w+)\(\)/gm)].map(([, name]) => name))
  return { arguments: blocks[top], blocks, attributes }
}

/** Whether an attribute may be read: the bindings write it without underscores. */
export const hasAttribute = (schema, name) => schema.attributes.has(name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()))
