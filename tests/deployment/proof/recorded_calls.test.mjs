import assert from 'node:assert/strict'
import test from 'node:test'
import { astrayCallsDenied, freeCallsAllowed, ownCallsAllowed } from './calls_property.mjs'
import { shipped } from './documents.mjs'
import { kind, missing, read } from './recorded.mjs'
import { none } from './report.mjs'

const record = read(process.env.RECORDED_CALLS)
const policies = shipped()

test('the record has every source, with each kind of call', () => {
  none(missing(record))
  assert.ok(record.every((call) => kind(call)))
})

test('every recorded call that the function is there for is allowed', async () => {
  none(await ownCallsAllowed(policies, record), 'calls on the own secret, user and role')
})

test('every recorded call by or on anything else is denied', async () => {
  none(await astrayCallsDenied(policies, record), 'calls that a secret led astray')
})

test('every recorded call that needs no permission is allowed without one', async () => {
  none(await freeCallsAllowed(policies, record), 'calls of GetCallerIdentity')
})
