import { readFileSync } from 'node:fs'

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { CfnRole, Role } from 'aws-cdk-lib/aws-iam'
import { Architecture, CfnPermission, Code, Function, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { CfnRotationSchedule, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'

const policies = new URL('../../policies/', import.meta.url)

/** The documents of policies/ with these names, with values for their words in capitals. */
const documents = (names, values) =>
  names.map((policyName) => {
    const text = readFileSync(new URL(`${policyName}.json`, policies), 'utf8')
    const filled = text.replace(/\b[A-Z]+(?:_[A-Z]+)+\b/g, (word) => {
      if (!(word in values)) throw new Error(`${policyName} has ${word}`)
      return values[word]
    })
    return { policyName, policyDocument: JSON.parse(filled) }
  })

/**
 * The rotation function, its role, and one secret with its schedule. The function's role manages the user's keys.
 *
 * `user` is the name of an IAM user without a path. `zip` is the path of the deployment package for `arm64`.
 */
export class KeyRotatorStack extends Stack {
  constructor(scope, id, { user, zip, ...props }) {
    super(scope, id, props)

    // Not the construct Secret: that one generates a password, and grants what the documents do not.
    const secret = new CfnSecret(this, 'Secret', {
      name: `iam/${user}`,
      description: `The access key of the IAM user ${user}, rotated by iam-key-rotator`,
      // CloudFormation writes a value that changes here over AWSCURRENT. This one changes with the secret's name alone.
      secretString: JSON.stringify({ username: user }),
    })
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN)

    const logGroup = new LogGroup(this, 'LogGroup', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    })

    // Not the construct Role: it writes statements of its own beside the documents.
    const role = new CfnRole(this, 'ExecutionRole', {
      assumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      policies: documents(['execution-role', 'execution-role-logs', 'execution-role-manages-keys'], {
        SECRET_ARN: secret.ref,
        // Not logGroupArn, which ends in ":*".
        LOG_GROUP_ARN: this.formatArn({ service: 'logs', resource: `log-group:${logGroup.logGroupName}` }),
        USER_ARN: this.formatArn({ service: 'iam', region: '', resource: `user/${user}` }),
      }),
    })

    const rotator = new Function(this, 'Function', {
      description: `Rotates the access keys of the IAM user ${user} for Secrets Manager`,
      runtime: Runtime.PROVIDED_AL2023,
      architecture: Architecture.ARM_64,
      handler: 'bootstrap',
      code: Code.fromAsset(zip),
      memorySize: 128,
      timeout: Duration.seconds(120),
      role: Role.fromRoleArn(this, 'AsItIs', role.attrArn, { mutable: false }),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { SECRET_NAME: 'iam/{username}' },
    })

    const permission = new CfnPermission(this, 'InvokePermission', {
      functionName: rotator.functionArn,
      action: 'lambda:InvokeFunction',
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: this.account,
      sourceArn: secret.ref,
    })

    const schedule = new CfnRotationSchedule(this, 'RotationSchedule', {
      secretId: secret.ref,
      rotationLambdaArn: rotator.functionArn,
      rotationRules: { scheduleExpression: 'rate(30 days)', duration: '3h' },
      rotateImmediatelyOnUpdate: true,
    })
    // The permission must be there before the first rotation.
    schedule.addResourceDependency(permission)
  }
}
