import test from 'node:test'
import { nothingElse } from './actions_property.mjs'
import { shipped } from './documents.mjs'
import { nowhereElse, onlyUnderTheConditions } from './elsewhere_property.mjs'
import { read } from './recorded.mjs'
import { none } from './report.mjs'

const record = read(process.env.RECORDED_CALLS)
const policies = shipped()

test('of every action of IAM, KMS, Lambda, Logs, Secrets Manager, SQS and STS, each bearer may do what it was seen to do', async () => {
  none(await nothingElse(policies, record), 'actions of the seven services')
})

test('what a bearer may do, it may do to nothing but its own', async () => {
  none(await nowhereElse(policies, record), 'other secrets, users, roles, keys, logs, functions, queues, accounts and Regions')
})

test("nothing is allowed without the version's label, Secrets Manager's use of KMS for this secret, or the fleet's tag", async () => {
  none(await onlyUnderTheConditions(policies, record), 'conditions that do not hold')
})
