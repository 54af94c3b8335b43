// The keeper's documents, without any recorded call: what it needs is what its list says.
import assert from 'node:assert/strict'
import test from 'node:test'
import { nothingElse } from './actions_property.mjs'
import { bearers } from './bearers.mjs'
import { shipped } from './documents.mjs'
import { nowhereElse, onlyUnderTheConditions } from './elsewhere_property.mjs'
import { neverAllowed } from './keeper_property.mjs'
import { nothingOnASecretThatLetsItIn, theOwnSecretsStayAllowed } from './let_in_property.mjs'
import { expected } from './recorded.mjs'
import { none } from './report.mjs'
import { sources } from './sources.mjs'

const policies = shipped()
const ofTheKeeper = ({ isKeeper, names }) => isKeeper || names.includes('scheduler-role')

test('each source has a keeper, and so has a fleet', () => {
  const names = bearers(policies, []).filter(({ isKeeper }) => isKeeper).map(({ name }) => name)
  assert.equal(names.length, 2 * Object.keys(sources).length + 1)
  for (const source of Object.keys(sources)) assert.notEqual(expected(source, 'keeper').length, 0)
})

test('the keeper can neither make nor delete a key, nor store a value, nor move a label but its own', async () => {
  none(await neverAllowed(policies), 'what the keeper may never do')
})

test('of every action, the keeper may do what its list says, and so may its schedules', async () => {
  none(await nothingElse(policies, [], ofTheKeeper), "the keeper's actions")
})

test('what the keeper may do, it may do to nothing but its own', async () => {
  none(await nowhereElse(policies, [], ofTheKeeper), "others' secrets, users, roles, keys, functions and queues")
})

test("nothing is allowed to the keeper without its label, the fleet's tag, or what else a condition asks for", async () => {
  none(await onlyUnderTheConditions(policies, [], ofTheKeeper), "the keeper's conditions that do not hold")
})

test('the keeper may do nothing on a secret that is not its own, though that one lets it in', async () => {
  none(await nothingOnASecretThatLetsItIn(policies, [], ofTheKeeper), 'secrets of others that let the keeper in')
})

test("the Deny leaves the keeper's own secrets alone, and ListSecrets", async () => {
  none(await theOwnSecretsStayAllowed(policies, [], ofTheKeeper), "the keeper's own secrets")
})
