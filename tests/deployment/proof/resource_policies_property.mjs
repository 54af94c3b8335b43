// The two documents that say who may come in.
import { session } from './arn.mjs'
import { account, functionArn, region, setup } from './bearers.mjs'
import { fill } from './documents.mjs'
import { judge, tally } from './judge.mjs'
import { everyService, requests } from './requests.mjs'
import { executionRole, placeholders, sources } from './sources.mjs'

/** The role in the other account is assumed by the execution role with the external id, and by nobody else. */
export async function assumedByTheFunctionAlone(policies) {
  const result = tally()
  const ours = setup('another-account')
  const trust = fill(policies['role-in-another-account-trust'], placeholders(ours))
  const anything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const function_ = session(executionRole, 'iam-key-rotator')
  const documents = sources['another-account'].carriers.executionRole.map((name) => fill(policies[name], placeholders(ours)))
  const id = { 'sts:ExternalId': ours.externalId }
  const attempts = [
    ['allowed', function_, id, documents],
    // Neither side alone.
    ['denied', function_, id, []],
    ['denied', function_, id, sources['execution-role'].carriers.executionRole.map((name) => fill(policies[name], placeholders(ours)))],
    ['denied', function_, {}, documents],
    ['denied', function_, { 'sts:ExternalId': 'another-id' }, documents],
    ['denied', function_, { 'sts:ExternalId': '' }, documents],
    ['denied', function_, { 'sts:ExternalId': ours.externalId.toUpperCase() }, documents],
    // Who may do anything in their own accounts.
    ['denied', session(`arn:aws:iam::${account}:role/other`, 'iam-key-rotator'), id, [anything]],
    ['denied', session(`arn:aws:iam::${account}:role/iam-key-rotator2`, 'iam-key-rotator'), id, [anything]],
    ['denied', session('arn:aws:iam::111122223333:role/iam-key-rotator', 'iam-key-rotator'), id, [anything]],
    ['denied', `arn:aws:iam::${account}:user/iam-key-rotator`, id, [anything]],
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
    const request = { principal: function_, action, resource: ours.role, context: id, documents: [anything], resourcePolicy: trust }
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
