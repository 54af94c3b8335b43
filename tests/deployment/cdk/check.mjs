// Synthesises each copy of infra/cdk, and sees what matters in the template: check.mjs ZIP DIRECTORY... The template is left in
// DIRECTORY/template.json. What is found is a line: DIRECTORY/infra/cdk: CHECK: a sentence.
import { deepStrictEqual } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { fill, shipped } from '../proof/documents.mjs'

const user = 'alice'
const account = '123456789012'
const region = 'eu-west-1'
const pseudo = { 'AWS::Partition': 'aws', 'AWS::Region': region, 'AWS::AccountId': account }
const arns = {
  SECRET_ARN: `arn:aws:secretsmanager:${region}:${account}:secret:iam/${user}-AbCdEf`,
  LOG_GROUP_ARN: `arn:aws:logs:${region}:${account}:log-group:LogGroup`,
  USER_ARN: `arn:aws:iam::${account}:user/${user}`,
}
const carried = ['execution-role', 'execution-role-logs', 'execution-role-manages-keys']

const same = (one, other) => {
  try {
    deepStrictEqual(one, other)
    return true
  } catch {
    return false
  }
}

/** A stack's resources, with the values that CloudFormation would put in. */
class Made {
  constructor(template) {
    this.text = JSON.stringify(template)
    this.resources = Object.entries(template.Resources)
  }

  /** Pairs of a logical name and the resource. */
  all(type) {
    return this.resources.filter(([, { Type }]) => Type === type)
  }

  value(of) {
    if (Array.isArray(of)) return of.map((one) => this.value(one))
    if (of === null || typeof of !== 'object') return of
    if ('Ref' in of) return pseudo[of.Ref] ?? this.reference(of.Ref)
    if ('Fn::GetAtt' in of) return of['Fn::GetAtt'].join('.')
    if ('Fn::Join' in of) return this.value(of['Fn::Join'][1]).join(of['Fn::Join'][0])
    return Object.fromEntries(Object.entries(of).map(([key, one]) => [key, this.value(one)]))
  }

  reference(name) {
    const type = this.resources.find(([one]) => one === name)?.[1].Type
    return { 'AWS::SecretsManager::Secret': arns.SECRET_ARN, 'AWS::Logs::LogGroup': 'LogGroup' }[type] ?? name
  }
}

const checks = {
  permission(made) {
    const [[, permission] = [], ...others] = made.all('AWS::Lambda::Permission')
    const { FunctionName, ...rest } = made.value(permission?.Properties ?? {})
    const [name] = made.all('AWS::Lambda::Function')[0]
    if (others.length > 0 || FunctionName !== `${name}.Arn`) return 'the function has another permission than its one'
    const wanted = {
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: account,
      SourceArn: arns.SECRET_ARN,
    }
    if (!same(rest, wanted)) return `the permission is not this account's and this secret's alone: ${JSON.stringify(rest)}`
  },
  password(made) {
    if (/GetRandomPassword|GenerateSecretString/.test(made.text)) return 'a password is made, or may be'
  },
  retained(made) {
    for (const [name, one] of made.all('AWS::SecretsManager::Secret')) {
      if (one.DeletionPolicy !== 'Retain' || one.UpdateReplacePolicy !== 'Retain') return `${name} goes with the stack`
    }
  },
  policies(made) {
    const documents = shipped()
    const [[, role] = [], ...others] = made.all('AWS::IAM::Role')
    if (others.length > 0 || made.all('AWS::IAM::Policy').length > 0) return 'there is another role, or a policy beside the role'
    if (role.Properties.ManagedPolicyArns) return 'the role has a managed policy'
    const written = made.value(role.Properties.Policies).map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument])
    const wanted = carried.map((name) => [name, fill(documents[name], arns)])
    if (!same(written, wanted)) return 'the role has other policies than the documents of policies/'
  },
  value(made) {
    const [[, secret] = []] = made.all('AWS::SecretsManager::Secret')
    const value = secret?.Properties.SecretString
    if (typeof value !== 'string' || !same(JSON.parse(value), { username: user })) return 'the secret has more than the name of its user'
    if (/A[KS]IA[A-Z0-9]{16}/.test(made.text)) return 'an access key is in the template'
  },
  name(made) {
    const { Name } = made.all('AWS::SecretsManager::Secret')[0][1].Properties
    const { SECRET_NAME } = made.all('AWS::Lambda::Function')[0][1].Properties.Environment?.Variables ?? {}
    if (SECRET_NAME?.replace('{username}', user) !== Name || !SECRET_NAME.includes('{username}')) return 'SECRET_NAME is not the name of the secret'
  },
  order(made) {
    const [permission] = made.all('AWS::Lambda::Permission')[0]
    const [[, schedule] = []] = made.all('AWS::SecretsManager::RotationSchedule')
    if (![schedule?.DependsOn ?? []].flat().includes(permission)) return 'the first rotation may be before the permission'
  },
}

const [zip, ...directories] = process.argv.slice(2)
// As the CDK's own command tells what -c says.
process.env.CDK_CONTEXT_JSON = JSON.stringify({ user, zip: resolve(zip) })
let failed = directories.length === 0
for (const directory of directories) {
  const { app } = await import(resolve(directory, 'infra/cdk/app.mjs'))
  const { template } = app.synth().getStackByName(`rotate-${user}`)
  writeFileSync(`${directory}/template.json`, JSON.stringify(template))
  const made = new Made(template)
  for (const [name, check] of Object.entries(checks)) {
    const sentence = check(made)
    if (sentence) {
      console.log(`${directory}/infra/cdk: ${name}: ${sentence}`)
      failed = true
    }
  }
}
if (failed) process.exit(1)
console.log(`cdk: ${Object.keys(checks).length} checks`)
