// One request, evaluated by iam-simulate.
import { createValidatedPolicy, validateIdentityPolicy, validateResourcePolicy } from '@cloud-copilot/iam-policy'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'
import { parse } from './arn.mjs'

const validated = new WeakMap()

// Validated once: it costs more than the evaluation. One of the two evaluations wants a name.
function valid(document, validate) {
  if (!validated.has(document)) validated.set(document, createValidatedPolicy(document, validate, { name: 'policy' }))
  return validated.get(document)
}

const opened = new Map()

/**
 * What lets an account's principals do whatever their own policies say: a key policy is this by
 * default. With it on every resource, other accounts' too, nothing but the documents denies.
 */
export function openTo(account) {
  if (!opened.has(account)) {
    opened.set(account, {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: '*', Resource: '*' }],
    })
  }
  return opened.get(account)
}

/** What AWS adds to a user's requests, for policy variables. */
function ofCaller(principal) {
  const [, user] = /:user\/(?:.*\/)?([^/]*)$/.exec(principal) ?? []
  return user ? { 'aws:username': user } : {}
}

/**
 * `allowed` or `denied`; `rejected` where the action does not take such a resource, which says
 * nothing of the policies. What is known to be of a type that it takes (`isOfType`) is not looked at.
 */
export async function evaluate({ principal, action, resource, context = {}, documents = [], resourcePolicy, isOfType = false }) {
  const isService = !principal.startsWith('arn:')
  const principalAccount = isService ? undefined : parse(principal).account
  const simulation = {
    request: {
      principal,
      action,
      // An ARN without an account is taken for one of the principal's: what denies least.
      resource: { resource, accountId: parse(resource).account || principalAccount },
      contextVariables: { ...ofCaller(principal), ...context },
    },
    identityPolicies: documents.map((one, at) => ({ name: `${at}`, policy: valid(one, validateIdentityPolicy) })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: valid(resourcePolicy ?? openTo(principalAccount), validateResourcePolicy),
  }
  const { errors } = [...simulation.identityPolicies.map((one) => one.policy), simulation.resourcePolicy].find((one) => one.errors.length > 0) ?? {}
  if (errors) throw new Error(`a policy is invalid: ${JSON.stringify(errors)}`)
  const result = (!isOfType && (await validating(simulation))) || runUnsafeSimulation(simulation, {})
  return { Allowed: 'allowed', rejected: 'rejected' }[result] ?? 'denied'
}

/** The evaluation that looks at the resource's type and the context's keys; none, where it cannot. */
async function validating(simulation) {
  const { action, resource } = simulation.request
  const answer = await runSimulation(simulation, {})
  if (answer.resultType === 'error') {
    if (answer.errors.message === 'no.resource.types') return 'rejected'
    // Two types have one form of ARN.
    if (answer.errors.message === 'multiple.resource.types') return undefined
    throw new Error(`${action} on ${resource.resource}: ${JSON.stringify(answer.errors)}`)
  }
  // It takes KMS's encryption context for a key that there is not, and drops it.
  const isDropped = answer.result?.ignoredContextKeys.some((key) => key.startsWith('kms:EncryptionContext:'))
  return isDropped && action.startsWith('kms:') ? undefined : answer.overallResult
}
