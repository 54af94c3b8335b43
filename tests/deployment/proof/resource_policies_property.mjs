// The documents that say who may come in.
import { session } from './arn.mjs'
import { account, functionArn, keeperArn, region, schedulerRole, setup } from './bearers.mjs'
import { fill } from './documents.mjs'
import { judge, tally } from './judge.mjs'
import { everyService, requests } from './requests.mjs'
import { executionRole, keeperRole, placeholders, sources } from './sources.mjs'

/** The role in the other account is assumed by the execution role with the external id, and by nobody else. */
export const assumedByTheFunctionAlone = (policies) => assumedBy(policies, 'role-in-another-account-trust', { executionRole })

/** With a keeper, by the keeper's role too. */
export const assumedByTheFunctionsAlone = (policies) =>
  assumedBy(policies, 'role-in-another-account-trust-with-keeper', { executionRole, keeper: keeperRole })

async function assumedBy(policies, name, trusted) {
  const result = tally()
  const ours = setup('another-account')
  const trust = fill(policies[name], placeholders(ours))
  const anything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const carry = (source, carrier) => sources[source].carriers[carrier].map((name) => fill(policies[name], placeholders(ours)))
  const id = { 'sts:ExternalId': ours.externalId }
  const ofTrusted = Object.entries(trusted).flatMap(([carrier, role]) => {
    const one = session(role, 'one')
    const documents = carry('another-account', carrier)
    return [
      ['allowed', one, id, documents],
      // Neither side alone.
      ['denied', one, id, []],
      ['denied', one, id, carry('execution-role', carrier)],
      ['denied', one, {}, documents],
      ['denied', one, { 'sts:ExternalId': 'another-id' }, documents],
      ['denied', one, { 'sts:ExternalId': '' }, documents],
      ['denied', one, { 'sts:ExternalId': ours.externalId.toUpperCase() }, documents],
      // Who may do anything in their own accounts.
      ['denied', session(`${role}2`, 'one'), id, [anything]],
      ['denied', session(role.replace(account, '111122223333'), 'one'), id, [anything]],
      ['denied', role.replace(':role/', ':user/'), id, [anything]],
    ]
  })
  const untrusted = [executionRole, keeperRole].filter((role) => !Object.values(trusted).includes(role))
  const attempts = [
    ...ofTrusted,
    ...untrusted.map((role) => ['denied', session(role, 'one'), id, [anything]]),
    ['denied', session(`arn:aws:iam::${account}:role/other`, 'iam-key-rotator'), id, [anything]],
    ['denied', `arn:aws:iam::${account}:root`, id, [anything]],
    ['denied', 'arn:aws:iam::444455556666:user/bob', id, [anything]],
    ['denied', 'lambda.amazonaws.com', id, []],
  ]
  for (const [wanted, principal, context, carried] of attempts) {
    const request = { principal, action: 'sts:AssumeRole', resource: ours.role, context, documents: carried, resourcePolicy: trust }
    const verdict = await judge(result, request)
    if (verdict !== wanted) result.broken.push(`${principal} assumes the role with ${JSON.stringify(context)}: ${verdict}`)
  }
  // Not with a session's tags or identity either, nor as a web identity or by SAML.
  for (const action of ['sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity', 'sts:TagSession']) {
    const request = { principal: session(executionRole, 'one'), action, resource: ours.role, context: id, documents: [anything], resourcePolicy: trust }
    const verdict = await judge(result, request)
    if (verdict !== 'denied') result.broken.push(`${action} is ${verdict}`)
  }
  return result
}

/** The function is invoked by Secrets Manager for its own account, and by no other service, account or principal. */
export async function invokedBySecretsManagerAlone(policies) {
  const result = tally()
  const resourcePolicy = fill(policies['invoke-permission'], { FUNCTION_ARN: functionArn, ACCOUNT_ID: account })
  const secretsManager = 'secretsmanager.amazonaws.com'
  const source = { 'aws:SourceAccount': account }
  const expect = async (wanted, principal, action, resource, context) => {
    const verdict = await judge(result, { principal, action, resource, context, resourcePolicy })
    if (verdict !== wanted) result.broken.push(`${principal}: ${action} on ${resource} with ${JSON.stringify(context)} is ${verdict}`)
  }
  for (const secret of [setup('own-key').secret, setup('own-key').administratorSecret]) {
    await expect('allowed', secretsManager, 'lambda:InvokeFunction', functionArn, { ...source, 'aws:SourceArn': secret })
  }
  for (const context of [{}, { 'aws:SourceAccount': '111122223333' }, { 'aws:SourceAccount': '' }]) {
    await expect('denied', secretsManager, 'lambda:InvokeFunction', functionArn, context)
  }
  for (const other of [`${functionArn}2`, `${functionArn}:1`, functionArn.replace(account, '111122223333'), functionArn.replace(region, 'eu-west-1')]) {
    await expect('denied', secretsManager, 'lambda:InvokeFunction', other, source)
  }
  for await (const { action, resource } of requests(['lambda'], account, [functionArn])) {
    if (action === 'lambda:InvokeFunction' && resource === functionArn) continue
    const verdict = await judge(result, { principal: secretsManager, action, resource, context: source, resourcePolicy })
    if (verdict === 'allowed') result.broken.push(`${secretsManager}: ${action} on ${resource} is allowed`)
  }
  for (const service of (await everyService()).filter((one) => one !== 'secretsmanager')) {
    await expect('denied', `${service}.amazonaws.com`, 'lambda:InvokeFunction', functionArn, source)
  }
  // Those of the own account could, by policies of their own.
  for (const arn of [`arn:aws:iam::${account}:user/bob`, session(`arn:aws:iam::${account}:role/other`, 'one'), 'arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:user/bob']) {
    await expect('denied', arn, 'lambda:InvokeFunction', functionArn, source)
  }
  return result
}

const ruleArn = `arn:aws:events:${region}:${account}:rule/exposed`
const scheduleGroup = `arn:aws:scheduler:${region}:${account}:schedule-group/keeper`

/** The keeper is invoked by the rule that the permission names, and by no other rule, service, account or principal. */
export async function invokedByTheRuleAlone(policies) {
  const result = tally()
  const resourcePolicy = fill(policies['keeper-invoke-permission'], { KEEPER_ARN: keeperArn, RULE_ARN: ruleArn })
  const expect = async (wanted, principal, action, resource, context) => {
    const verdict = await judge(result, { principal, action, resource, context, resourcePolicy })
    if (verdict !== wanted) result.broken.push(`${principal}: ${action} on ${resource} with ${JSON.stringify(context)} is ${verdict}`)
  }
  const rule = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': account }
  await expect('allowed', 'events.amazonaws.com', 'lambda:InvokeFunction', keeperArn, rule)
  for (const other of [`${ruleArn}2`, ruleArn.replace(account, '111122223333'), ruleArn.replace(region, 'eu-west-1'), ruleArn.replace('rule/', 'rule/bus/'), undefined]) {
    await expect('denied', 'events.amazonaws.com', 'lambda:InvokeFunction', keeperArn, other ? { 'aws:SourceArn': other } : {})
  }
  for (const other of [functionArn, `${keeperArn}2`, `${keeperArn}:1`]) {
    await expect('denied', 'events.amazonaws.com', 'lambda:InvokeFunction', other, rule)
  }
  for await (const { action, resource } of requests(['lambda'], account, [keeperArn])) {
    if (action === 'lambda:InvokeFunction' && resource === keeperArn) continue
    const verdict = await judge(result, { principal: 'events.amazonaws.com', action, resource, context: rule, resourcePolicy })
    if (verdict === 'allowed') result.broken.push(`the rule: ${action} on ${resource} is allowed`)
  }
  for (const service of (await everyService()).filter((one) => one !== 'events')) {
    await expect('denied', `${service}.amazonaws.com`, 'lambda:InvokeFunction', keeperArn, rule)
  }
  for (const arn of [`arn:aws:iam::${account}:user/bob`, 'arn:aws:iam::111122223333:root']) {
    await expect('denied', arn, 'lambda:InvokeFunction', keeperArn, rule)
  }
  return result
}

/** The schedules' role is assumed by the scheduler, for schedules of the own account's group, and by nobody else. */
export async function assumedByTheSchedulesAlone(policies) {
  const result = tally()
  const resourcePolicy = fill(policies['scheduler-role-trust'], { ACCOUNT_ID: account, SCHEDULE_GROUP_ARN: scheduleGroup })
  const ours = { 'aws:SourceAccount': account, 'aws:SourceArn': scheduleGroup }
  const attempts = [
    ['allowed', 'scheduler.amazonaws.com', ours],
    // Each by itself is not enough: an ARN without an account is not known to be ours.
    ['denied', 'scheduler.amazonaws.com', {}],
    ['denied', 'scheduler.amazonaws.com', { 'aws:SourceAccount': account }],
    ['denied', 'scheduler.amazonaws.com', { 'aws:SourceArn': scheduleGroup }],
    ['denied', 'scheduler.amazonaws.com', { ...ours, 'aws:SourceAccount': '111122223333' }],
    ['denied', 'scheduler.amazonaws.com', { ...ours, 'aws:SourceArn': `${scheduleGroup}2` }],
    ['denied', 'scheduler.amazonaws.com', { ...ours, 'aws:SourceArn': scheduleGroup.replace('keeper', 'default') }],
    ['denied', 'events.amazonaws.com', ours],
    ['denied', 'lambda.amazonaws.com', ours],
    ['denied', session(keeperRole, 'one'), ours],
    ['denied', 'arn:aws:iam::111122223333:root', ours],
  ]
  for (const [wanted, principal, context] of attempts) {
    const verdict = await judge(result, { principal, action: 'sts:AssumeRole', resource: schedulerRole, context, resourcePolicy })
    if (verdict !== wanted) result.broken.push(`${principal} assumes the schedules' role with ${JSON.stringify(context)}: ${verdict}`)
  }
  return result
}
