// The calls that the function made in the tests, and which of them it is there for.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { carrierOf, functionOf, sources } from './sources.mjs'

const onTheSecret = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
]
const keeperOnTheSecret = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:RotateSecret',
  'secretsmanager:UpdateSecretVersionStage',
]
const keeperOnTheUser = ['iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys', 'iam:UpdateAccessKey']
const onTheUser = [
  'iam:CreateAccessKey',
  'iam:DeleteAccessKey',
  'iam:GetAccessKeyLastUsed',
  'iam:ListAccessKeys',
  'iam:UpdateAccessKey',
]

/** The record of a directory, each call once. */
export function read(directory) {
  if (!directory) throw new Error('RECORDED_CALLS names no directory')
  const calls = new Map()
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.jsonl'))) {
    for (const line of readFileSync(join(directory, file), 'utf8').split('\n').filter(Boolean)) {
      const call = JSON.parse(line)
      // Of a key that IAM does not know there is no user whom a policy could name. A fleet's keeper, which alone lists
      // secrets, is judged by the list of its calls.
      if (call.action === 'iam:GetAccessKeyLastUsed' && call.resource === '*') continue
      if (call.action === 'secretsmanager:ListSecrets') continue
      // Each test has an external id of its own, which makes no difference.
      const { externalId } = call.setup
      const key = externalId ? line.replaceAll(externalId, 'EXTERNAL_ID') : line
      if (!calls.has(key)) calls.set(key, call)
    }
  }
  return [...calls.values()]
}

const part = ({ resource, setup }) =>
  ['secret', 'user', 'administratorSecret', 'role'].find((name) => resource === setup[name]) ??
  (resource === functionOf(setup.secret) ? 'function' : undefined)

/** What is called because there is a keeper, `ACTION PART`: by the keeper's role, or by the user whose key it has in hand. */
export function expected(source, carrier) {
  if (source === 'own-key' && carrier === 'user') return ['iam:ListAttachedUserPolicies user']
  if (carrier !== 'keeper') return []
  return [
    ...keeperOnTheSecret.map((action) => `${action} secret`),
    // RotateSecret asks for it (fact 57).
    'lambda:InvokeFunction function',
    ...(source === 'execution-role' ? keeperOnTheUser.map((action) => `${action} user`) : []),
    // The quarantine denies it to the user's own key (fact 48).
    ...(source === 'own-key' ? ['iam:UpdateAccessKey user'] : []),
    ...(source === 'administrator' ? ['secretsmanager:GetSecretValue administratorSecret'] : []),
    ...(source === 'another-account' ? ['sts:AssumeRole role'] : []),
  ]
}

/**
 * What a call is:
 * - `free`: it needs no permission (fact 28);
 * - `own`: by whom the source has it done, on what the rotation is about. The policies must allow it;
 * - `astray`: anything else. A secret led the function to another user, secret or role, or to
 *   another source, in a test that had widened the policies for it. As shipped they must deny it.
 */
export function kind(call) {
  const { source, setup, action, context } = call
  if (action === 'sts:GetCallerIdentity') return 'free'
  const carrier = carrierOf(source, setup, call.principal)
  const on = part(call)
  const isFunction = carrier === 'executionRole' || carrier === 'keeper'
  const inQuarantine = source === 'own-key' && carrier === 'keeper' && action === 'iam:UpdateAccessKey'
  const own = {
    iam: (sources[source].managers.includes(carrier) || inQuarantine) && on === 'user',
    lambda: carrier === 'keeper' && on === 'function',
    secretsmanager: isFunction && (on === 'secret' || on === 'administratorSecret'),
    sts: isFunction && on === 'role' && context['sts:ExternalId'] === setup.externalId,
  }[action.split(':')[0]]
  return carrier && own ? 'own' : 'astray'
}

/** What a carrier of a source was seen to need: `ACTION PART`. Without a record, what the keeper is expected to. */
export function needs(record, source, carrier) {
  const calls = record.filter((call) => call.source === source && kind(call) === 'own')
  const its = calls.filter((call) => carrierOf(source, call.setup, call.principal) === carrier)
  const unrecorded = record.length > 0 ? [] : expected(source, carrier)
  return [...new Set([...its.map((call) => `${call.action} ${part(call)}`), ...unrecorded])].sort()
}

/** What a record must hold, or the proof would be about less than the function does. */
export function missing(record) {
  const lacks = []
  for (const [source, { carriers, managers: [manager] }] of Object.entries(sources)) {
    const its = record.filter((call) => call.source === source)
    const expect = (carrier, wanted) => {
      const seen = needs(record, source, carrier)
      lacks.push(...wanted.filter((one) => !seen.includes(one)).map((one) => `${source}: ${carrier}: ${one}`))
    }
    expect('executionRole', onTheSecret.map((action) => `${action} secret`))
    expect(manager, onTheUser.map((action) => `${action} user`))
    for (const carrier of Object.keys(carriers)) expect(carrier, expected(source, carrier))
    if (source === 'administrator') expect('executionRole', ['secretsmanager:GetSecretValue administratorSecret'])
    if (source === 'another-account') expect('executionRole', ['sts:AssumeRole role'])
    for (const one of ['free', 'astray']) {
      if (!its.some((call) => kind(call) === one)) lacks.push(`${source}: a call that is ${one}`)
    }
    for (const label of ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']) {
      if (!its.some((call) => call.context['secretsmanager:VersionStage'] === label)) lacks.push(`${source}: ${label}`)
    }
    for (const allowed of [true, false]) {
      if (!its.some((call) => call.allowed === allowed)) lacks.push(`${source}: a call that was ${allowed ? '' : 'not '}allowed`)
    }
  }
  return lacks
}
