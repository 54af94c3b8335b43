// The shipped policies, and what is written into them for the placeholders.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = process.env.POLICIES ?? 'policies'

/** The documents as they are shipped, by their files' names. */
export function shipped() {
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'))
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(join(directory, file), 'utf8'))]),
  )
}

// AWSCURRENT and its like are no placeholders.
const placeholder = /\b(?:[A-Z]+(?:_[A-Z]+)+|FLEET|REGION)\b/g

/** Documents without what they deny, so that what they allow is judged by itself. */
export const withoutDenials = (documents) =>
  documents
    .map((one) => ({ ...one, Statement: one.Statement.filter(({ Effect }) => Effect !== 'Deny') }))
    .filter(({ Statement }) => Statement.length > 0)

/** A document with the values in the places of their placeholders. */
export function fill(document, values) {
  const text = JSON.stringify(document).replace(placeholder, (name) => {
    if (typeof values[name] !== 'string') throw new Error(`no value for the placeholder ${name}`)
    return values[name]
  })
  return JSON.parse(text)
}
