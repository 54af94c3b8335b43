// What is allowed, on other resources and without what the conditions ask for.
import { parse } from './arn.mjs'
import { account, anyUsersLastUse, bearers, fleet, setup } from './bearers.mjs'
import { judge, tally } from './judge.mjs'
import { others } from './others.mjs'

// Both are judged without what the documents deny: a Deny is no excuse for what they allow.

/** What a bearer may do to its own, it may not do to another secret, user, role, key or log, in another account or Region. */
export async function nowhereElse(policies, record, which = () => true) {
  const result = tally()
  for (const bearer of bearers(policies, record).filter(which)) {
    for (const [action, resource] of [...bearer.needs].map((need) => need.split(' '))) {
      // What takes no resource is nowhere else.
      if (resource === '*') continue
      for (const other of others(resource).filter((one) => !bearer.needs.has(`${action} ${one}`) && !anyUsersLastUse(bearer, action, one))) {
        // A tag on the other one too, where the fleet's is in another account or Region.
        const isOutside = parse(other).account !== account || parse(other).region !== parse(resource).region || parse(other).partition !== 'aws'
        const context = bearer.context(isOutside ? resource : other, action)
        const verdict = await judge(result, { ...bearer, documents: bearer.allowances, action, resource: other, context })
        if (verdict !== 'denied') result.broken.push(`${bearer.name}: ${action} on ${other} is ${verdict}`)
      }
    }
  }
  return result
}

const tag = 'aws:ResourceTag/iam-key-rotator'
const label = 'secretsmanager:VersionStage'
const via = 'kms:ViaService'
const encrypted = 'kms:EncryptionContext:SecretARN'

/** [who, which actions on what, the key of the condition, values with which it is denied; undefined: absent] */
const conditions = [
  [/^consumer/, /^secretsmanager:GetSecretValue/, label, ['AWSPREVIOUS', 'AWSPENDING', 'iam-key-rotator-creating', undefined]],
  [/source administrator/, /^secretsmanager:GetSecretValue .*administrator/, label, ['AWSPREVIOUS', 'AWSPENDING', undefined]],
  [/KMS/, /^kms:/, via, ['s3.us-east-1.amazonaws.com', 'secretsmanager.eu-west-1.amazonaws.com', undefined]],
  [/KMS/, /^kms:/, encrypted, [...others(setup('execution-role').secret), undefined]],
  [/keeper/, /^secretsmanager:UpdateSecretVersionStage/, label, ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'another-label', 'iam-key-rotator', '', undefined]],
  [/fleet's keeper/, /^secretsmanager:.*alice/, tag, ['green', '', undefined]],
  [/fleet/, /^(iam|secretsmanager):.*(user|carol)/, tag, ['green', `${fleet}2`, fleet.toUpperCase(), '', '*', undefined]],
]

/** What a condition guards is denied without it: the version's label, KMS by Secrets Manager for this secret, the tag. */
export async function onlyUnderTheConditions(policies, record, which = () => true) {
  const result = tally()
  const all = bearers(policies, record)
  const asked = new Set(all.filter(which))
  for (const [who, what, key, values] of conditions) {
    const guarded = all
      .filter((bearer) => who.test(bearer.name))
      .flatMap((bearer) => [...bearer.needs].filter((need) => what.test(need)).map((need) => [bearer, ...need.split(' ')]))
      .filter((guard) => !anyUsersLastUse(...guard))
    // Without recorded calls, the keeper alone is asked about.
    if (record.length > 0 && guarded.length === 0) result.broken.push(`nothing is guarded by ${key}`)
    for (const [bearer, action, resource] of guarded.filter(([one]) => asked.has(one))) {
      for (const value of values) {
        const context = { ...bearer.context(resource, action), [key]: value }
        if (value === undefined) delete context[key]
        const verdict = await judge(result, { ...bearer, documents: bearer.allowances, action, resource, context })
        if (verdict !== 'denied') result.broken.push(`${bearer.name}: ${action} on ${resource} with ${key} ${value} is ${verdict}`)
      }
    }
  }
  return result
}
