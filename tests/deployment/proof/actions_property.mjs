// Every action on the own resources: what is needed, and nothing else.
import { parse } from './arn.mjs'
import { anyUsersLastUse, bearers } from './bearers.mjs'
import { judge, tally } from './judge.mjs'
import { everyService, ours, requests } from './requests.mjs'

/** What is allowed of every action is what is needed; of what is not, by the allowances alone, which no Deny may have to mend. */
async function exactly(result, bearer, services) {
  const left = new Set(bearer.needs)
  for await (const { action, resource, owned } of requests(services, parse(bearer.principal).account, bearer.owns)) {
    // Everyone may (fact 28).
    if (action === 'sts:GetCallerIdentity') continue
    const isNeeded = left.delete(`${action} ${resource}`) || bearer.needs.has(`${action} ${resource}`)
    const documents = isNeeded ? bearer.documents : bearer.allowances
    const request = { ...bearer, documents, action, resource, context: bearer.context(resource, action), isOfType: !owned }
    const verdict = await judge(result, request)
    if (!isNeeded && anyUsersLastUse(bearer, action, resource)) continue
    if (verdict === 'allowed' && !isNeeded) result.broken.push(`${bearer.name}: ${action} on ${resource} is allowed`)
    if (verdict !== 'allowed' && isNeeded) result.broken.push(`${bearer.name}: ${action} on ${resource} is ${verdict}`)
  }
  for (const need of left) result.broken.push(`${bearer.name}: ${need} was not tried`)
}

/** Each bearer may do what it was seen to do, on its own, and nothing else of the services that the documents name. */
export async function nothingElse(policies, record, which = () => true) {
  const result = tally()
  for (const bearer of bearers(policies, record).filter(which)) await exactly(result, bearer, ours)
  return result
}

/** Nor of any other service: of one who carries all the documents at once, without their conditions. */
export async function noOtherService(policies, record, services) {
  const all = bearers(policies, record)
  const statements = all.flatMap((bearer) => bearer.allowances.flatMap((one) => one.Statement))
  const distinct = new Map(statements.map(({ Sid, Condition, ...statement }) => [JSON.stringify(statement), statement]))
  const result = tally()
  const everything = {
    name: 'who carries all the documents',
    principal: all[0].principal,
    allowances: [{ Version: '2012-10-17', Statement: [...distinct.values()] }],
    needs: new Set(),
    owns: [...new Set(all.flatMap((bearer) => bearer.owns))],
    context: all[0].context,
  }
  services ??= (await everyService()).filter((service) => !ours.includes(service))
  await exactly(result, everything, services)
  result.services = services.length
  return result
}
