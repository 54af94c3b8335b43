// Who carries the documents, each with one secret and one user of its own, and what it needs.
import { isSessionOf, session } from './arn.mjs'
import { fill, withoutDenials } from './documents.mjs'
import { expected, needs } from './recorded.mjs'
import { executionRole, keeperRole, placeholders, sources } from './sources.mjs'

export const account = '123456789012'
export const region = 'us-east-1'
export const fleet = 'blue'
export const functionArn = `arn:aws:lambda:${region}:${account}:function:iam-key-rotator`
export const keeperArn = `arn:aws:lambda:${region}:${account}:function:iam-key-keeper`
export const queue = `arn:aws:sqs:${region}:${account}:iam-key-keeper-dead-letters`
export const schedulerRole = `arn:aws:iam::${account}:role/iam-key-keeper-schedules`

const secret = `arn:aws:secretsmanager:${region}:${account}:secret:iam/alice-AbCdEf`
/**
 * Whether a bearer may do this though nobody needs it: a fleet's roles see when the key of any user of the account was used, for
 * whether IAM reads the tags of a key's owner is not known.
 */
export const anyUsersLastUse = ({ name }, action, resource) =>
  name.startsWith("fleet's ") && action === 'iam:GetAccessKeyLastUsed' && resource.startsWith(`arn:aws:iam::${account}:user/`)

/** Another secret of the fleet, which carries its tag. */
const fleetSecret = `arn:aws:secretsmanager:${region}:${account}:secret:iam/carol-MnOpQr`
const administratorSecret = `arn:aws:secretsmanager:${region}:${account}:secret:iam/administrator-GhIjKl`
const key = `arn:aws:kms:${region}:${account}:key/11111111-1111-1111-1111-111111111111`
const administratorKey = `arn:aws:kms:${region}:${account}:key/22222222-2222-2222-2222-222222222222`
const logGroup = `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/iam-key-rotator`
const logStream = `${logGroup}:log-stream:one`
/** A label of the keeper's own. */
const mark = 'iam-key-rotator-removing-AKIAIOSFODNN7EXAMPLE'

export const setup = (source) => ({
  secret,
  user: `arn:aws:iam::${source === 'another-account' ? '444455556666' : account}:user/team/blue/alice`,
  administratorSecret,
  administrator: `arn:aws:iam::${account}:user/administrator`,
  role: 'arn:aws:iam::444455556666:role/team/iam-key-manager',
  externalId: 'an-external-id',
})

/** Lambda's logging, in the execution role's name; AWSLambdaBasicExecutionRole has CreateLogGroup besides. */
const logging = ['logs:CreateLogStream', 'logs:PutLogEvents']

/**
 * What Secrets Manager asks KMS for in the caller's name ("How Secrets Manager uses your KMS key",
 * in its user guide; fact 11). DescribeSecret and UpdateSecretVersionStage touch no value.
 */
const inTheCallersName = {
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'secretsmanager:PutSecretValue': ['kms:Decrypt', 'kms:GenerateDataKey'],
}

/** Lambda sends what failed to the queue in the keeper's name; the scheduler what did not reach it. */
const keepingFailures = ['sqs:SendMessage queue']
const scheduling = ['lambda:InvokeFunction keeperFunction', ...keepingFailures]

/** What the consumer does, and a consumer's cache, which no test of the function records. */
const consuming = ['secretsmanager:GetSecretValue secret']
const caching = ['secretsmanager:DescribeSecret secret']

/** What a request says besides action and resource, as the documents' conditions want it. */
function context(resource, action, { setup, isFleet, isKeeper }) {
  // The stack's own secret may be without its tag (fact 60). The keeper finds it by the tag.
  const isTagged = [fleetSecret, setup.user, ...(isKeeper ? [secret] : [])].includes(resource)
  const isMark = isKeeper && action === 'secretsmanager:UpdateSecretVersionStage'
  return {
    'secretsmanager:VersionStage': isMark ? mark : 'AWSCURRENT',
    'sts:ExternalId': setup.externalId,
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': resource === administratorKey ? administratorSecret : secret,
    ...(isFleet && isTagged ? { 'aws:ResourceTag/iam-key-rotator': fleet } : {}),
  }
}

function bearer(policies, { name, principal, setup, documents, parts, isFleet = false }) {
  const role = [executionRole, keeperRole].find((one) => isSessionOf(principal, one))
  const isKeeper = role === keeperRole
  const values = {
    ...placeholders(setup),
    KMS_KEY_ARN: key,
    REGION: region,
    ACCOUNT_ID: account,
    LOG_GROUP_ARN: logGroup,
    KEEPER_ARN: keeperArn,
    QUEUE_ARN: queue,
    FLEET: fleet,
  }
  const arns = { ...setup, fleetSecret, key, administratorKey, logStream, function: functionArn, keeperFunction: keeperArn, queue, every: '*' }
  const needed = new Set()
  for (const [action, part] of parts.map((one) => one.split(' '))) needed.add(`${action} ${arns[part]}`)
  const carried = documents.map(([document, others]) => fill(policies[document], { ...values, ...others }))
  return {
    name,
    principal,
    names: documents.map(([document]) => document),
    documents: carried,
    allowances: withoutDenials(carried),
    isFleet,
    role,
    isKeeper,
    needs: needed,
    owns: [...new Set([...Object.values(arns).filter((arn) => arn.startsWith('arn:')), logGroup, executionRole, keeperRole, schedulerRole])],
    context: (resource, action) => context(resource, action, { setup, isFleet, isKeeper }),
  }
}

const kms = (parts) =>
  parts.flatMap((one) => {
    const [action, part] = one.split(' ')
    const onKey = { secret: 'key', administratorSecret: 'administratorKey' }[part]
    return (inTheCallersName[action] ?? []).map((asked) => `${asked} ${onKey}`)
  })

/** All bearers of the documents, with what the record says that they need. */
export function bearers(policies, record) {
  const all = []
  const add = (options) => all.push(bearer(policies, options))
  const function_ = session(executionRole, 'iam-key-rotator')
  const keeper = session(keeperRole, 'iam-key-keeper')
  const logs = logging.map((action) => `${action} logStream`)
  // The documents of an administrator's secret have its ARN and its key's.
  const ofAdministrator = { SECRET_ARN: administratorSecret, KMS_KEY_ARN: administratorKey }
  for (const [source, { carriers }] of Object.entries(sources)) {
    for (const [carrier, names] of Object.entries(carriers)) {
      const parts = needs(record, source, carrier)
      const documents = names.map((name) => [name])
      const common = { setup: setup(source) }
      if (carrier === 'executionRole') {
        const name = `execution role, source ${source}`
        documents.push(['execution-role-logs'])
        add({ ...common, name, principal: function_, documents, parts: [...parts, ...logs] })
        const withKeys = [...documents, ['execution-role-kms-key']]
        if (source === 'administrator') withKeys.push(['consumer-kms-key', ofAdministrator])
        const name_ = `${name}, with KMS keys`
        add({ ...common, name: name_, principal: function_, documents: withKeys, parts: [...parts, ...logs, ...kms(parts)] })
      } else if (carrier === 'keeper') {
        const name = `keeper, source ${source}`
        documents.push(['execution-role-logs'], ['keeper-dead-letters'])
        const needed = [...parts, ...logs, ...keepingFailures]
        add({ ...common, name, principal: keeper, documents, parts: needed })
        const withKeys = [...documents, ['consumer-kms-key']]
        if (source === 'administrator') withKeys.push(['consumer-kms-key', ofAdministrator])
        add({ ...common, name: `${name}, with KMS keys`, principal: keeper, documents: withKeys, parts: [...needed, ...kms(parts)] })
      } else {
        const arn = common.setup[carrier]
        const principal = carrier === 'role' ? session(arn, 'iam-key-rotator-alice') : arn
        add({ ...common, name: `${carrier}, source ${source}`, principal, documents, parts })
      }
    }
  }
  const consumer = `arn:aws:sts::${account}:assumed-role/consumer/one`
  const common = { setup: setup('execution-role') }
  add({ ...common, name: 'consumer', principal: consumer, documents: [['consumer']], parts: consuming })
  add({
    ...common,
    name: 'consumer, with a cache and a KMS key',
    principal: consumer,
    documents: [['consumer'], ['consumer-cache'], ['consumer-kms-key']],
    parts: [...consuming, ...caching, ...kms(consuming)],
  })
  const parts = needs(record, 'execution-role', 'executionRole')
  add({
    ...common,
    name: "fleet's execution role",
    principal: function_,
    documents: [['fleet-execution-role'], ['execution-role-logs']],
    parts: [...parts, ...parts.filter((one) => one.endsWith(' secret')).map((one) => one.replace(/secret$/, 'fleetSecret')), ...logs],
    isFleet: true,
  })
  // No test records a fleet's keeper.
  const kept = expected('execution-role', 'keeper')
  add({
    ...common,
    name: "fleet's keeper",
    principal: keeper,
    documents: [['fleet-keeper-role'], ['execution-role-logs'], ['keeper-dead-letters']],
    parts: [
      ...kept,
      ...kept.filter((one) => one.endsWith(' secret')).map((one) => one.replace(/secret$/, 'fleetSecret')),
      'secretsmanager:ListSecrets every',
      ...logs,
      ...keepingFailures,
    ],
    isFleet: true,
  })
  const schedules = session(schedulerRole, 'one')
  add({ ...common, name: "role of the keeper's schedules", principal: schedules, documents: [['scheduler-role']], parts: scheduling })
  return all
}
