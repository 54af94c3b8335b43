// Each property of the keeper can fail, without any recorded call.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as everyAction from './actions_property.mjs'
import { add, at, denying, noDeny, ofAllBut, on, onTheOwn, onlyOn, remove, trusting, unconditional, without, without_ } from './changes.mjs'
import { shipped } from './documents.mjs'
import * as elsewhere from './elsewhere_property.mjs'
import * as keeper from './keeper_property.mjs'
import * as letIn from './let_in_property.mjs'
import * as resourcePolicies from './resource_policies_property.mjs'

const label = 'secretsmanager:VersionStage'
const marks = { 'keeper-role': 'MarkTheSecretsVersions', 'keeper-role-reads-administrator': 'MarkTheSecretsVersions', 'fleet-keeper-role': 'MarkTheTaggedSecretsVersions' }
const looks = { 'keeper-role': 'LookAfterTheSecret', 'keeper-role-reads-administrator': 'LookAfterTheSecret', 'fleet-keeper-role': 'LookAfterTheTaggedSecrets' }

const mistakes = [
  ...Object.keys(looks).flatMap((name) => [
    [name, 'PutSecretValue', at(looks[name], add('secretsmanager:PutSecretValue')), 'neverAllowed'],
    [name, 'PutSecretValue', at(looks[name], add('secretsmanager:PutSecretValue')), 'nothingElse'],
    [name, 'a wildcard for the actions', at(looks[name], add('secretsmanager:*')), 'neverAllowed'],
    [name, 'CancelRotateSecret', at(looks[name], add('secretsmanager:CancelRotateSecret')), 'neverAllowed'],
    [name, 'any label', at(marks[name], without(label)), 'neverAllowed'],
    [name, 'any label', at(marks[name], without(label)), 'onlyUnderTheConditions'],
    [name, 'any label by another statement', at(looks[name], add('secretsmanager:UpdateSecretVersionStage')), 'neverAllowed'],
    [name, 'no RotateSecret', at(looks[name], remove('secretsmanager:RotateSecret')), 'nothingElse'],
    [name, 'no InvokeFunction', at('InvokeTheRotationFunction', remove('lambda:InvokeFunction')), 'nothingElse'],
    [name, 'any function', at('InvokeTheRotationFunction', on('*')), 'nowhereElse'],
    [name, 'UpdateFunctionCode', at('InvokeTheRotationFunction', add('lambda:UpdateFunctionCode')), 'neverAllowed'],
    [name, 'any secret', at(looks[name], on('*')), 'nowhereElse'],
    [name, 'no Deny', noDeny, 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of reading alone', denying('secretsmanager:GetSecretValue'), 'nothingOnASecretThatLetsItIn'],
  ]),
  ...['keeper-role', 'keeper-role-reads-administrator'].flatMap((name) => [
    [name, 'a Deny of the own secrets', onTheOwn, 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of the own secrets', onTheOwn, 'theOwnSecretsStayAllowed'],
    [name, 'a Deny of all but what is called alike', onlyOn('SECRET_ARN*'), 'nothingOnASecretThatLetsItIn'],
    [name, 'a Deny of all but another secret', onlyOn('arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:iam/bob-AbCdEf'), 'theOwnSecretsStayAllowed'],
  ]),
  ['keeper-role-reads-administrator', "any version of the administrator's secret", at('ReadTheAdministratorSecret', unconditional), 'onlyUnderTheConditions'],
  ['fleet-keeper-role', 'a Deny of all but the own secrets', ofAllBut('arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:*'), 'theOwnSecretsStayAllowed'],
  ['fleet-keeper-role', 'a Deny of what has the tag, too', without_('Condition'), 'theOwnSecretsStayAllowed'],
  ['fleet-keeper-role', 'no tag', at('LookAfterTheTaggedSecrets', unconditional), 'onlyUnderTheConditions'],
  ['fleet-keeper-role', 'no tag of the user', at('DeactivateTheTaggedUsersAccessKeys', unconditional), 'onlyUnderTheConditions'],
  ['fleet-keeper-role', 'no tag of the secret whose label moves', at('MarkTheTaggedSecretsVersions', without('aws:ResourceTag/iam-key-rotator')), 'onlyUnderTheConditions'],
  ['fleet-keeper-role', 'users of any account', at('DeactivateTheTaggedUsersAccessKeys', on('*')), 'nowhereElse'],
  ['fleet-keeper-role', 'no ListSecrets', at('FindTheTaggedSecrets', remove('secretsmanager:ListSecrets')), 'nothingElse'],
  ['fleet-keeper-role', 'BatchGetSecretValue', at('FindTheTaggedSecrets', add('secretsmanager:BatchGetSecretValue')), 'neverAllowed'],
  ['fleet-keeper-role', 'CreateAccessKey', at('DeactivateTheTaggedUsersAccessKeys', add('iam:CreateAccessKey')), 'neverAllowed'],
  ['keeper-manages-keys', 'CreateAccessKey', add('iam:CreateAccessKey'), 'neverAllowed'],
  ['keeper-manages-keys', 'DeleteAccessKey', add('iam:DeleteAccessKey'), 'neverAllowed'],
  ['keeper-manages-keys', 'a part of a name and a wildcard', add('iam:*AccessKey'), 'neverAllowed'],
  ['keeper-manages-keys', 'any user', on('*'), 'nowhereElse'],
  ['keeper-manages-keys', 'no UpdateAccessKey', remove('iam:UpdateAccessKey'), 'nothingElse'],
  ['keeper-deactivates-own-key', 'CreateAccessKey', add('iam:CreateAccessKey'), 'neverAllowed'],
  ['keeper-deactivates-own-key', 'ListAccessKeys', add('iam:ListAccessKeys'), 'nothingElse'],
  ['keeper-deactivates-own-key', 'any user', on('*'), 'nowhereElse'],
  ['keeper-dead-letters', 'ReceiveMessage', add('sqs:ReceiveMessage'), 'nothingElse'],
  ['keeper-dead-letters', 'any queue', on('*'), 'nowhereElse'],
  ['scheduler-role', 'any function', on('*'), 'nowhereElse'],
  ['scheduler-role', 'the rotation function', on('arn:aws:lambda:REGION:ACCOUNT_ID:function:*'), 'nothingElse'],
  ['scheduler-role-trust', 'no account', without('aws:SourceAccount'), 'assumedByTheSchedulesAlone'],
  ['scheduler-role-trust', 'any group', without('aws:SourceArn'), 'assumedByTheSchedulesAlone'],
  ['scheduler-role-trust', "another service's", trusting({ Service: 'events.amazonaws.com' }), 'assumedByTheSchedulesAlone'],
  ['keeper-invoke-permission', 'any rule', unconditional, 'invokedByTheRuleAlone'],
  ['keeper-invoke-permission', 'any service', trusting('*'), 'invokedByTheRuleAlone'],
  ['role-in-another-account-trust-with-keeper', 'no external id for the keeper', at('LetTheKeeperAssumeTheRole', unconditional), 'assumedByTheFunctionsAlone'],
  ['role-in-another-account-trust-with-keeper', 'the whole account', at('LetTheKeeperAssumeTheRole', trusting({ AWS: 'arn:aws:iam::123456789012:root' })), 'assumedByTheFunctionsAlone'],
  ['role-in-another-account-trust-with-keeper', 'the keeper alone', (document) => document.Statement.shift(), 'assumedByTheFunctionsAlone'],
]

const properties = { ...everyAction, ...elsewhere, ...keeper, ...letIn, ...resourcePolicies }

for (const [name, about, change, property] of mistakes) {
  test(`${name}.json with ${about} is found by ${property}`, async () => {
    const policies = shipped()
    change(policies[name])
    assert.notDeepEqual(policies, shipped(), 'the change changes nothing')
    let first
    const which = (bearer) => bearer.names.includes(name) && (first ??= bearer) === bearer
    const { broken } = await (property === 'neverAllowed' ? properties.neverAllowed(policies) : properties[property](policies, [], which))
    assert.notEqual(broken.length, 0)
  })
}
