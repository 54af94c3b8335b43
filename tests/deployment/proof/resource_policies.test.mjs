import test from 'node:test'
import { shipped } from './documents.mjs'
import { none } from './report.mjs'
import {
  assumedByTheFunctionAlone,
  assumedByTheFunctionsAlone,
  assumedByTheSchedulesAlone,
  invokedBySecretsManagerAlone,
  invokedByTheRuleAlone,
} from './resource_policies_property.mjs'

const policies = shipped()

test('the execution role alone assumes the role in the other account, with the external id', async () => {
  none(await assumedByTheFunctionAlone(policies), 'who assumes the role')
})

test('Secrets Manager alone invokes the function, for its own account', async () => {
  none(await invokedBySecretsManagerAlone(policies), 'who invokes the function')
})

test('with a keeper, the two roles alone assume the role in the other account, each with the external id', async () => {
  none(await assumedByTheFunctionsAlone(policies), 'who assumes the role, with a keeper')
})

test('its rule alone invokes the keeper', async () => {
  none(await invokedByTheRuleAlone(policies), 'who invokes the keeper')
})

test("the scheduler alone assumes the schedules' role, for schedules of the own group", async () => {
  none(await assumedByTheSchedulesAlone(policies), "who assumes the schedules' role")
})
