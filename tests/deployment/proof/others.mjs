import { build, parse } from './arn.mjs'
import { executionRole } from './sources.mjs'

/** ARNs of the same kind that are not this one. */
export function others(arn) {
  const at = parse(arn)
  const named = (from, to) => build({ ...at, resource: at.resource.replace(from, to) })
  const elsewhere = [
    build({ ...at, account: '111122223333' }),
    build({ ...at, partition: 'aws-cn' }),
    ...(at.region ? [build({ ...at, region: 'eu-west-1' })] : []),
  ]
  const kinds = {
    user: () => [
      named('alice', 'bob'),
      named('alice', 'alice2'),
      named('alice', 'malice'),
      named('/team/blue/', '/'),
      named('/team/blue/', '/team/blue/alice/'),
      named('/team/blue/', '/team/red/'),
    ],
    secret: () => [
      named(/-[^-]*$/, '-ZzZzZz'),
      named(/-[^-]*$/, '2-AbCdEf'),
      named(/secret:.*$/, 'secret:iam/bob-AbCdEf'),
      named('secret:', 'secret:x'),
      build({ ...at, resource: `${at.resource}-AbCdEf` }),
    ],
    role: () => [named(/[^/]*$/, 'other'), named(/$/, '2'), named('/team/', '/'), executionRole],
    key: () => [named('-', '0-'), named(/key\/.*$/, 'key/33333333-3333-3333-3333-333333333333')],
    function: () => [named(/$/, '2'), named(/function:/, 'function:x')],
    'log-group': () => [named('/iam-key-rotator', '/iam-key-rotator2'), named('/iam-key-rotator', '/other')],
  }
  // A queue's ARN has no word for what it is.
  if (at.service === 'sqs') return [named(/$/, '2'), named(/^/, 'x'), ...elsewhere]
  return [...kinds[at.resource.split(/[/:]/)[0]](), ...elsewhere]
}
