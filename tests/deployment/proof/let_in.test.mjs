import test from 'node:test'
import { shipped } from './documents.mjs'
import { nothingOnASecretThatLetsItIn, theOwnSecretsStayAllowed } from './let_in_property.mjs'
import { read } from './recorded.mjs'
import { none } from './report.mjs'

const record = read(process.env.RECORDED_CALLS)
const policies = shipped()

test('the execution role may do nothing on a secret that is not its own, though that one lets it in', async () => {
  none(await nothingOnASecretThatLetsItIn(policies, record), 'secrets of others that let the role in')
})

test("the Deny leaves the function's own secrets alone", async () => {
  none(await theOwnSecretsStayAllowed(policies, record), 'own secrets, with each tag and policy')
})
