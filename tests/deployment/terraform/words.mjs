// The template's names and sentences in the words of the module.

/** UserName → user_name. */
export const snake = (name) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()

// What one calls a stack, the other calls a module; in Terraform, a value is assigned with spaces around the sign.
const phrases = [
  ['deploy a stack for each', 'use the module once for each'],
  ['the stack', 'the module'],
  ['this stack', 'this module'],
]

/** A sentence of the template, with the module's names of parameters and outputs. */
export const inTheModulesWords = (text, template) =>
  text
    .split(/(\barn:\S+)/)
    // An ARN is in nobody's words.
    .map((part, at) => (at % 2 === 1 ? part : translated(part, template)))
    .join('')

function translated(text, template) {
  const names = [...Object.keys(template.Parameters), ...Object.keys(template.Outputs)]
  const named = text.replace(/\b[A-Z]\w+\b/g, (word) => (names.includes(word) ? snake(word) : word))
  const assigned = named.replace(/\b([a-z_]+)=([a-z-]+)\b/g, '$1 = $2')
  return phrases.reduce((at, [from, to]) => at.replaceAll(from, to), assigned)
}
