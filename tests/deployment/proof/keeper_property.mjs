// What the keeper may never do, whatever is recorded.
import { account, bearers } from './bearers.mjs'
import { judge, tally } from './judge.mjs'
import { others } from './others.mjs'
import { requests } from './requests.mjs'

/** It can neither make nor delete a key, nor store a value, nor say what a secret is or who may read it. */
const never = [
  /^iam:(Attach|Create|Delete|Detach|Put|Remove|Tag|Untag)/,
  /^lambda:(?!InvokeFunction$)/,
  /^secretsmanager:(Batch|Cancel|Create|Delete|Put|Remove|Replicate|Restore|Stop|Tag|Untag)/,
  /^secretsmanager:UpdateSecret$/,
]

const labels = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'iam-key-rotator', undefined]

/** Of all the documents of the keeper's role at once, without their conditions and their denials. */
export async function neverAllowed(policies) {
  const result = tally()
  const keepers = bearers(policies, []).filter(({ isKeeper }) => isKeeper)
  const all = keepers.flatMap((bearer) => bearer.allowances.flatMap((one) => one.Statement))
  const without = ({ Sid, Condition, ...statement }) => statement
  const documents = [{ Version: '2012-10-17', Statement: all.map(without) }]
  const owned = [...new Set(keepers.flatMap((bearer) => bearer.owns))]
  const { principal } = keepers[0]
  let tried = 0
  for await (const { action, resource, owned: isOwned } of requests(['iam', 'lambda', 'secretsmanager'], account, owned)) {
    if (!never.some((one) => one.test(action))) continue
    tried += 1
    const verdict = await judge(result, { principal, documents, action, resource, isOfType: !isOwned })
    if (verdict === 'allowed') result.broken.push(`the keeper: ${action} on ${resource} is allowed`)
  }
  if (tried === 0) result.broken.push('nothing was tried')
  // Its own secrets' labels too, in each document by itself.
  for (const bearer of keepers) {
    for (const resource of bearer.owns.filter((arn) => arn.includes(':secret:')).flatMap((arn) => [arn, ...others(arn)])) {
      for (const label of labels) {
        const { 'secretsmanager:VersionStage': _, ...context } = bearer.context(resource)
        if (label) context['secretsmanager:VersionStage'] = label
        const action = 'secretsmanager:UpdateSecretVersionStage'
        const verdict = await judge(result, { ...bearer, documents: bearer.allowances, action, resource, context })
        if (verdict === 'allowed') result.broken.push(`${bearer.name}: the label ${label} on ${resource} may be moved`)
      }
    }
  }
  return result
}
