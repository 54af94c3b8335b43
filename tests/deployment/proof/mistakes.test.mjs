// Each property can fail: a mistake in a policy, made in memory, must be found by the one that is for it.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as everyAction from './actions_property.mjs'
import * as calls from './calls_property.mjs'
import { add, byTagAlone, denying, noDeny, on, onTheOwn, onlyOn, remove, trusting, unconditional, without, without_ } from './changes.mjs'
import { shipped } from './documents.mjs'
import * as elsewhere from './elsewhere_property.mjs'
import * as letIn from './let_in_property.mjs'
import { missing, read } from './recorded.mjs'
import * as resourcePolicies from './resource_policies_property.mjs'
import { sources } from './sources.mjs'

const record = read(process.env.RECORDED_CALLS)

const mistakes = [
  ['execution-role', 'an action more', add('secretsmanager:DeleteSecret'), 'nothingElse'],
  ['execution-role', 'a wildcard for the actions', add('secretsmanager:*'), 'nothingElse'],
  ['execution-role', 'a part of a name and a wildcard', add('secretsmanager:Get*'), 'nothingElse'],
  ['execution-role', 'any secret', on('arn:aws:secretsmanager:*:*:secret:*'), 'nowhereElse'],
  ['execution-role', 'a secret whose name begins like it', on('SECRET_ARN*'), 'nowhereElse'],
  ['execution-role', 'any resource', on('*'), 'astrayCallsDenied'],
  ['execution-role', 'an action less', remove('secretsmanager:UpdateSecretVersionStage'), 'ownCallsAllowed'],
  ['execution-role', 'an action less', remove('secretsmanager:DescribeSecret'), 'nothingElse'],
  ['execution-role', 'another service', add('s3:ListAllMyBuckets'), 'noOtherService'],
  ['execution-role-manages-keys', 'any user', on('*'), 'nowhereElse'],
  ['execution-role-manages-keys', 'UpdateUser', add('iam:UpdateUser'), 'nothingElse'],
  ['execution-role-manages-keys', 'an action less', remove('iam:GetAccessKeyLastUsed'), 'ownCallsAllowed'],
  ['execution-role-reads-administrator', 'no label', unconditional, 'onlyUnderTheConditions'],
  ['execution-role-assumes-role', 'any role', on('*'), 'nowhereElse'],
  ['execution-role-assumes-role', 'an action less', remove('sts:AssumeRole'), 'assumedByTheFunctionAlone'],
  ['execution-role-kms-key', 'from anywhere', without('kms:ViaService'), 'onlyUnderTheConditions'],
  ['execution-role-kms-key', 'for any secret', without('kms:EncryptionContext:SecretARN'), 'onlyUnderTheConditions'],
  ['execution-role-kms-key', 'Encrypt', add('kms:Encrypt'), 'nothingElse'],
  ['execution-role-kms-key', 'an action less', remove('kms:GenerateDataKey'), 'nothingElse'],
  ['execution-role-logs', 'any log', on('*'), 'nowhereElse'],
  ['own-keys-user', 'a user of that name in any account', on('arn:aws:iam::*:user/*/${aws:username}'), 'nowhereElse'],
  ['administrator-user', 'its own keys too', on('arn:aws:iam::123456789012:user/*'), 'nowhereElse'],
  ['role-in-another-account', 'TagUser', add('iam:TagUser'), 'nothingElse'],
  ['role-in-another-account-trust', 'no external id', unconditional, 'assumedByTheFunctionAlone'],
  ['role-in-another-account-trust', 'the whole account', trusting({ AWS: 'arn:aws:iam::123456789012:root' }), 'assumedByTheFunctionAlone'],
  ['consumer', 'any version', unconditional, 'onlyUnderTheConditions'],
  ['consumer', 'UpdateSecretVersionStage', add('secretsmanager:UpdateSecretVersionStage'), 'nothingElse'],
  ['consumer-kms-key', 'from anywhere', without('kms:ViaService'), 'onlyUnderTheConditions'],
  ['fleet-execution-role', 'no tag', unconditional, 'onlyUnderTheConditions'],
  ['fleet-execution-role', 'no tag', unconditional, 'nowhereElse'],
  ['fleet-execution-role', 'secrets of any account', on('*'), 'nowhereElse'],
  ...['execution-role', 'execution-role-reads-administrator', 'fleet-execution-role'].flatMap((name) => [
    [name, 'no Deny', noDeny, 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of the own secrets', onTheOwn, 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of the own secrets', onTheOwn, 'theOwnSecretsStayAllowed'],
    [name, 'a Deny of all but any secret of the account', onlyOn('arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:*'), 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of all but what is called alike', onlyOn('SECRET_ARN*'), 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of all but another secret', onlyOn('arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:iam/bob-AbCdEf'), 'theOwnSecretsStayAllowed'],
    [name, 'a Deny of reading alone', denying('secretsmanager:GetSecretValue'), 'nothingOnASecretThatLetsItIn'],
  ]),
  ['execution-role-reads-administrator', "a Deny of the administrator's secret", onlyOn('SECRET_ARN'), 'ownCallsAllowed'],
  ['fleet-execution-role', 'a Deny by the tag alone', byTagAlone, 'theOwnSecretsStayAllowed'],
  ['fleet-execution-role', 'a Deny of what has the tag, too', without_('Condition'), 'theOwnSecretsStayAllowed'],
  ['invoke-permission', 'no account', unconditional, 'invokedBySecretsManagerAlone'],
  ['invoke-permission', 'any service', trusting('*'), 'invokedBySecretsManagerAlone'],
  ['invoke-permission', "another service's", trusting({ Service: 'events.amazonaws.com' }), 'invokedBySecretsManagerAlone'],
  ['invoke-permission', 'an action more', add('lambda:GetFunction'), 'invokedBySecretsManagerAlone'],
]

const properties = {
  ...calls,
  ...everyAction,
  ...elsewhere,
  ...letIn,
  ...resourcePolicies,
  noOtherService: (policies, record) => everyAction.noOtherService(policies, record, ['s3']),
}

for (const [name, about, change, property] of mistakes) {
  test(`${name}.json with ${about} is found by ${property}`, async () => {
    const policies = shipped()
    change(policies[name])
    assert.notDeepEqual(policies, shipped(), 'the change changes nothing')
    // One who carries it will do.
    let first
    const which = (bearer) => bearer.names.includes(name) && (first ??= bearer) === bearer
    const { broken } = await properties[property](policies, record, which)
    assert.notEqual(broken.length, 0)
  })
}

test('a record without a source, without one of its actions, or without calls is found', () => {
  assert.notEqual(missing([]).length, 0)
  for (const source of Object.keys(sources)) {
    assert.notEqual(missing(record.filter((call) => call.source !== source)).length, 0)
  }
  for (const action of new Set(record.map((call) => call.action))) {
    assert.notEqual(missing(record.filter((call) => call.action !== action)).length, 0, action)
  }
})
