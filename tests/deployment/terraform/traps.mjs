// Whether a secret's value may get into the state, or be written over, moved or taken away by Terraform.
import { expressionOf, treeOf } from './module.mjs'
import { paths, texts } from './references.mjs'

// Each would hold a value in the state, or set one: a version writes its value again as soon as Secrets Manager has deleted it.
const holdsValues = /^aws_secretsmanager_(secret_version|random_password)$|^aws_iam_access_key$|^aws_lambda_invocation$/

// AWS takes these under a name that is there already, and writes over them. A log group it refuses.
const writesOver = ['aws_cloudwatch_event_rule', 'aws_config_config_rule', 'aws_sqs_queue']

const waitsFor = ({ depends_on: order = [] }) => order.map((one) => treeOf(expressionOf(one)).meta.value)

/** One line for each trap that a module is in. */
export function* traps(module) {
  for (const kind of ['resource', 'data']) {
    for (const type of Object.keys(module[kind])) if (holdsValues.test(type)) yield `${type} has a secret's value in the state`
  }
  for (const [type, named] of Object.entries(module.resource)) {
    for (const [name, body] of Object.entries(named)) {
      const [lifecycle = {}] = body.lifecycle ?? []
      if (lifecycle.ignore_changes) yield `${type}.${name} ignores changes: what drifts there is seen by nobody`
      if (type === 'aws_secretsmanager_secret' && lifecycle.prevent_destroy !== true) {
        yield `${type}.${name} may be destroyed, or replaced by one without a value`
      }
      if (type === 'aws_secretsmanager_secret' && body.recovery_window_in_days !== undefined) {
        yield `${type}.${name} has a recovery window of its own`
      }
      if (writesOver.includes(type) && !waitsFor(body).includes('aws_cloudwatch_log_group.rotator')) {
        yield `${type}.${name} may be written over by another use of the module with the same name`
      }
      if (type === 'aws_secretsmanager_secret_rotation') yield* rotation(module, `${type}.${name}`, body)
    }
  }
  if (JSON.stringify(module.terraform).includes('"backend"')) yield 'where the state is kept is for whoever uses the module to say'
}

function* rotation(module, address, body) {
  if (body.rotate_immediately !== '${var.rotate_at_once}') yield `${address} rotates at once unless it is told not to: rotate_immediately is not var.rotate_at_once`
  // Whatever can fail is made before it.
  const before = madeBefore(module, body)
  for (const [type, named] of Object.entries(module.resource)) {
    for (const name of Object.keys(named)) {
      const one = `${type}.${name}`
      if (one !== address && !before.has(one)) yield `${address} does not wait for ${one}`
    }
  }
}

/** The resources that Terraform has made before one: what it names, and what those name. */
function madeBefore(module, body) {
  const found = new Set()
  const waiting = [body]
  while (waiting.length > 0) {
    for (const [text] of texts(waiting.pop(), '')) {
      const expression = expressionOf(text)
      if (expression === null) continue
      for (const [head, second] of paths(treeOf(expression))) {
        const named = head === 'local' ? module.locals[second] : module.resource[head]?.[second]
        const name = `${head}.${second}`
        if (named === undefined || found.has(name)) continue
        found.add(name)
        waiting.push(named)
      }
    }
  }
  return found
}
