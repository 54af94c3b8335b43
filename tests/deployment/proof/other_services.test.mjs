import test from 'node:test'
import { noOtherService } from './actions_property.mjs'
import { shipped } from './documents.mjs'
import { read } from './recorded.mjs'
import { none } from './report.mjs'

test('no action of any other service is allowed', async () => {
  const result = await noOtherService(shipped(), read(process.env.RECORDED_CALLS))
  none(result, `actions of ${result.services} other services`)
})
