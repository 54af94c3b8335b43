// Each recorded call is allowed or denied as it must be.
import { isSessionOf } from './arn.mjs'
import { fill, withoutDenials } from './documents.mjs'
import { judge, tally } from './judge.mjs'
import { kind } from './recorded.mjs'
import { carrierOf, keeperRole, placeholders, sources } from './sources.mjs'

/** The documents that a source's set-up has a caller carry: none, where it is not one of the source's. */
function carriedBy(policies, { source, setup, principal }) {
  const names = sources[source].carriers[carrierOf(source, setup, principal)] ?? []
  return names.map((name) => filled(policies, name, setup))
}

/** The role's trust policy, with a keeper and without one. */
const trustFor = (caller) => `role-in-another-account-trust${isSessionOf(caller, keeperRole) ? '-with-keeper' : ''}`

const allowances = new WeakMap()

// The same documents again and again, as below.
function allowancesOf(documents) {
  return documents.flatMap((one) => {
    if (!allowances.has(one)) allowances.set(one, withoutDenials([one]))
    return allowances.get(one)
  })
}

const cache = new WeakMap()

// The same set-up again and again: the evaluator reads each document once.
function filled(policies, name, setup) {
  if (!cache.has(policies)) cache.set(policies, new Map())
  const documents = cache.get(policies)
  const key = `${name} ${JSON.stringify(setup)}`
  if (!documents.has(key)) documents.set(key, fill(policies[name], placeholders(setup)))
  return documents.get(key)
}

/** Each recorded call of a kind has the verdict, by the documents of its source and the role's trust policy. */
async function calls(policies, record, wanted, verdict, judged = (documents) => documents) {
  const result = tally()
  for (const call of record.filter((one) => kind(one) === wanted)) {
    const { principal, action, resource, context, source, setup } = call
    const said = await judge(result, {
      principal,
      action,
      resource,
      context,
      documents: judged(carriedBy(policies, call)),
      // Another role than the source's would let the whole account in.
      resourcePolicy: resource === setup.role ? filled(policies, trustFor(principal), setup) : undefined,
    })
    if (said !== verdict) {
      result.broken.push(`source ${source}: ${principal} calls ${action} on ${resource}, with ${JSON.stringify(context)}: ${said}`)
    }
  }
  return result
}

export const ownCallsAllowed = (policies, record) => calls(policies, record, 'own', 'allowed')
// Without a look at what the documents deny: they allow none of it in the first place.
export const astrayCallsDenied = (policies, record) => calls(policies, record, 'astray', 'denied', allowancesOf)
export const freeCallsAllowed = (policies, record) => calls(policies, record, 'free', 'allowed')
