import test from 'node:test'
import { shipped } from './documents.mjs'
import { none } from './report.mjs'
import { assumedByTheFunctionAlone, invokedBySecretsManagerAlone } from './resource_policies_property.mjs'

const policies = shipped()

test('the execution role alone assumes the role in the other account, with the external id', async () => {
  none(await assumedByTheFunctionAlone(policies), 'who assumes the role')
})

test('Secrets Manager alone invokes the function, for its own account', async () => {
  none(await invokedBySecretsManagerAlone(policies), 'who invokes the function')
})
