// Secrets of others that let a function's role in by policies of their own, as they can in one account (fact 62).
import { parse } from './arn.mjs'
import { account, bearers, fleet, region } from './bearers.mjs'
import { judge, tally } from './judge.mjs'
import { others } from './others.mjs'
import { requests } from './requests.mjs'

const tag = 'aws:ResourceTag/iam-key-rotator'
const used = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map((one) => `secretsmanager:${one}`)

/** A secret's policy that lets a principal do everything. */
const lettingIn = (principal) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: principal, Action: '*', Resource: '*' }],
})

/** How a secret may name a function's role; the last lets in nobody by itself. */
const namings = ({ role, principal }) =>
  Object.entries({
    'names the role': { AWS: role },
    'names its session': { AWS: principal },
    'names everybody': '*',
    'names every AWS principal': { AWS: '*' },
    'names the account': { AWS: `arn:aws:iam::${account}:root` },
  }).map(([naming, principal]) => [naming, lettingIn(principal)])

const isHere = (arn) => parse(arn).account === account && parse(arn).region === region && parse(arn).partition === 'aws'

/** What the tag of a secret may be: of one of a fleet's that has its tag, nothing else. */
const tags = (isFleet) => (isFleet ? [undefined, 'green', '', '*', fleet.toUpperCase(), `${fleet}2`] : [undefined, fleet])
const tagged = (value) => (value === undefined ? {} : { [tag]: value })

/** Whatever the policy of another secret says, no action of Secrets Manager is allowed to the execution role or the keeper's. */
export async function nothingOnASecretThatLetsItIn(policies, record, which = () => true) {
  const [result, withoutTheDeny] = [tally(), tally()]
  const roles = bearers(policies, record).filter(({ role }) => role)
  for (const bearer of roles.filter(which)) {
    const secrets = bearer.owns.filter((arn) => parse(arn).service === 'secretsmanager')
    const own = secrets.filter((arn) => [...bearer.needs].some((need) => need.endsWith(` ${arn}`)))
    const foreign = [...secrets, ...own.flatMap(others)].filter((arn) => isHere(arn) && !own.includes(arn))
    for (const [naming, resourcePolicy] of namings(bearer)) {
      for (const value of tags(bearer.isFleet)) {
        for await (const { action, resource, owned } of requests(['secretsmanager'], account, foreign)) {
          // What takes no secret is let in by none.
          if (resource === '*') continue
          const { [tag]: _, ...untagged } = bearer.context(resource, action)
          const context = { ...untagged, ...tagged(value) }
          const request = { ...bearer, action, resource, context, resourcePolicy, isOfType: !owned }
          const verdict = await judge(result, request)
          if (verdict === 'allowed') result.broken.push(`${bearer.name}: ${action} on ${resource}, which ${naming}, with the tag ${value}, is allowed`)
          // Each that it could be misused with would be allowed, or nothing is proven here.
          if (!owned || !used.includes(action)) continue
          const letIn = await judge(withoutTheDeny, { ...request, documents: bearer.allowances })
          if (letIn !== 'allowed' && naming !== 'names the account') result.broken.push(`${bearer.name}: ${action} on ${resource}, which ${naming}, is not what the Deny denies`)
        }
      }
    }
  }
  if (withoutTheDeny.allowed === 0) result.broken.push('no secret lets anyone in, so nothing is proven')
  return result
}

/** What is its own stays allowed, whatever the policy of the secret says, and for a fleet's stack whatever tag the stack's secret has. */
export async function theOwnSecretsStayAllowed(policies, record, which = () => true) {
  const result = tally()
  const roles = bearers(policies, record).filter(({ role }) => role)
  for (const bearer of roles.filter(which)) {
    const needs = [...bearer.needs].map((need) => need.split(' ')).filter(([action]) => action.startsWith('secretsmanager:'))
    for (const [action, resource] of needs) {
      // No secret's policy is asked for what takes no secret.
      if (resource === '*') {
        const verdict = await judge(result, { ...bearer, action, resource, context: bearer.context(resource, action) })
        if (verdict !== 'allowed') result.broken.push(`${bearer.name}: ${action} is ${verdict}`)
        continue
      }
      const byTag = bearer.context(resource, action)[tag] !== undefined
      for (const value of byTag ? [fleet] : [undefined, fleet, 'green', '']) {
        const context = { ...bearer.context(resource, action), ...tagged(value) }
        for (const resourcePolicy of [undefined, ...namings(bearer).map(([, policy]) => policy)]) {
          const verdict = await judge(result, { ...bearer, action, resource, context, resourcePolicy })
          if (verdict !== 'allowed') result.broken.push(`${bearer.name}: ${action} on ${resource} with the tag ${value} is ${verdict}`)
        }
      }
    }
  }
  return result
}
