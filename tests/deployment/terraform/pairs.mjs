// Which resource of the module is which of the template, and how the provider's arguments are CloudFormation's properties.

/** Logical id → address in the module. The template has two resources for the secret, of which one is made. */
export const pairs = {
  Function: 'aws_lambda_function.rotator',
  LogGroup: 'aws_cloudwatch_log_group.rotator',
  ExecutionRole: 'aws_iam_role.execution',
  InvokePermission: 'aws_lambda_permission.secrets_manager',
  Secret: 'aws_secretsmanager_secret.made[0]',
  SecretForExistingKey: 'aws_secretsmanager_secret.made[0]',
  RotationSchedule: 'aws_secretsmanager_secret_rotation.schedule[0]',
  StepFailed: 'aws_cloudwatch_metric_alarm.step_failed',
  NearTimeOut: 'aws_cloudwatch_metric_alarm.near_time_out',
  RotationFailed: 'aws_cloudwatch_event_rule.rotation_failed[0]',
  RotationOnSchedule: 'aws_config_config_rule.rotation_on_schedule[0]',
  RotationOverdue: 'aws_cloudwatch_event_rule.rotation_overdue[0]',
  Keeper: 'aws_lambda_function.keeper[0]',
  KeeperLogGroup: 'aws_cloudwatch_log_group.keeper[0]',
  KeeperRole: 'aws_iam_role.keeper[0]',
  DeadLetters: 'aws_sqs_queue.dead_letters[0]',
  KeeperInvocations: 'aws_lambda_function_event_invoke_config.keeper[0]',
  ScheduleGroup: 'aws_scheduler_schedule_group.keeper[0]',
  SchedulerRole: 'aws_iam_role.scheduler[0]',
  RetireHourly: 'aws_scheduler_schedule.keeper["RetireHourly"]',
  ReportDaily: 'aws_scheduler_schedule.keeper["ReportDaily"]',
  ExposedByHealth: 'aws_cloudwatch_event_rule.exposed["ExposedByHealth"]',
  ExposedByHealthMayInvoke: 'aws_lambda_permission.exposed["ExposedByHealth"]',
  ExposedByTrustedAdvisor: 'aws_cloudwatch_event_rule.exposed["ExposedByTrustedAdvisor"]',
  ExposedByTrustedAdvisorMayInvoke: 'aws_lambda_permission.exposed["ExposedByTrustedAdvisor"]',
  ExposedByGuardDuty: 'aws_cloudwatch_event_rule.exposed["ExposedByGuardDuty"]',
  ExposedByGuardDutyMayInvoke: 'aws_lambda_permission.exposed["ExposedByGuardDuty"]',
  DeadLettersPolicy: 'aws_sqs_queue_policy.dead_letters[0]',
  StillInUse: 'aws_cloudwatch_metric_alarm.keeper["StillInUse"]',
  Exposed: 'aws_cloudwatch_metric_alarm.keeper["Exposed"]',
  RevokeFailed: 'aws_cloudwatch_metric_alarm.keeper["RevokeFailed"]',
  KeeperFailed: 'aws_cloudwatch_metric_alarm.keeper["KeeperFailed"]',
  KeeperErrors: 'aws_cloudwatch_metric_alarm.keeper["KeeperErrors"]',
  DeadLettersWait: 'aws_cloudwatch_metric_alarm.keeper["DeadLettersWait"]',
}

/** What stands for Ref (null) and for the attributes of each type. */
export const attributes = {
  'AWS::Lambda::Function': { null: 'function_name', Arn: 'arn' },
  'AWS::Logs::LogGroup': { null: 'name' },
  'AWS::IAM::Role': { Arn: 'arn' },
  'AWS::SecretsManager::Secret': { null: 'arn' },
  'AWS::Config::ConfigRule': { null: 'name' },
  'AWS::SQS::Queue': { null: 'url', Arn: 'arn', QueueName: 'name' },
  'AWS::Scheduler::ScheduleGroup': { null: 'name', Arn: 'arn' },
  'AWS::Events::Rule': { Arn: 'arn' },
}

const dimensions = (of) => Object.entries(of ?? {}).map(([Name, Value]) => ({ Name, Value }))
const network = ({ subnet_ids: subnets, security_group_ids: groups }) =>
  subnets.length + groups.length > 0 ? { SubnetIds: [...subnets], SecurityGroupIds: [...groups] } : undefined
const some = (list) => (list?.length ? [...list] : undefined)

/** The properties that an instance of the module has, as CloudFormation has them: {type: (instance, instances that belong to it)}. */
export const properties = {
  'AWS::Lambda::Function': (one) => ({
    Description: one.description,
    Runtime: one.runtime,
    Handler: one.handler,
    Architectures: one.architectures,
    MemorySize: one.memory_size,
    Timeout: one.timeout,
    Role: one.role,
    LoggingConfig: { LogFormat: one.logging_config[0].log_format, LogGroup: one.logging_config[0].log_group },
    VpcConfig: network(one.vpc_config[0]),
    Environment: { Variables: one.environment[0].variables },
  }),
  'AWS::Logs::LogGroup': (one) => ({ LogGroupName: one.name, RetentionInDays: one.retention_in_days }),
  'AWS::IAM::Role': (one, policies) => ({
    Description: one.description,
    AssumeRolePolicyDocument: JSON.parse(one.assume_role_policy),
    Policies: policies.map(({ name, policy }) => ({ PolicyName: name, PolicyDocument: JSON.parse(policy) })),
  }),
  'AWS::Lambda::Permission': (one) => ({
    FunctionName: one.function_name,
    Action: one.action,
    Principal: one.principal,
    SourceAccount: one.source_account,
    SourceArn: one.source_arn,
  }),
  'AWS::SecretsManager::Secret': (one) => ({
    Name: one.name,
    Description: one.description,
    KmsKeyId: one.kms_key_id ?? undefined,
    Tags: Object.entries(one.tags).map(([Key, Value]) => ({ Key, Value })),
  }),
  'AWS::SecretsManager::RotationSchedule': (one) => ({
    SecretId: one.secret_id,
    RotationLambdaARN: one.rotation_lambda_arn,
    RotateImmediatelyOnUpdate: one.rotate_immediately,
    RotationRules: { ScheduleExpression: one.rotation_rules[0].schedule_expression, Duration: one.rotation_rules[0].duration },
  }),
  'AWS::CloudWatch::Alarm': (one) => ({
    AlarmDescription: one.alarm_description,
    Namespace: one.namespace,
    MetricName: one.metric_name,
    Dimensions: some(dimensions(one.dimensions)),
    Statistic: one.statistic,
    Period: one.period,
    EvaluationPeriods: one.evaluation_periods,
    DatapointsToAlarm: one.datapoints_to_alarm ?? undefined,
    Threshold: one.threshold,
    ComparisonOperator: one.comparison_operator,
    TreatMissingData: one.treat_missing_data,
    AlarmActions: some(one.alarm_actions),
    Metrics: some(one.metric_query?.map(({ id, label, expression, return_data: returned, metric }) => ({
      Id: id,
      Label: label,
      Expression: expression,
      ReturnData: returned,
      MetricStat: metric && {
        Metric: { Namespace: metric[0].namespace, MetricName: metric[0].metric_name, Dimensions: dimensions(metric[0].dimensions) },
        Stat: metric[0].stat,
        Period: metric[0].period,
      },
    }))),
  }),
  'AWS::Events::Rule': (one, targets) => ({
    Description: one.description,
    EventPattern: JSON.parse(one.event_pattern),
    Targets: targets.map(({ target_id: Id, arn: Arn, dead_letter_config: dead, input_transformer: input }) => ({
      Id,
      Arn,
      DeadLetterConfig: dead && { Arn: dead[0].arn },
      InputTransformer: input && { InputPathsMap: input[0].input_paths, InputTemplate: input[0].input_template },
    })),
  }),
  'AWS::Config::ConfigRule': (one) => ({
    Description: one.description,
    Scope: { ComplianceResourceTypes: one.scope[0].compliance_resource_types },
    Source: { Owner: one.source[0].owner, SourceIdentifier: one.source[0].source_identifier },
  }),
  'AWS::SQS::Queue': (one) => ({
    SqsManagedSseEnabled: one.sqs_managed_sse_enabled,
    MessageRetentionPeriod: one.message_retention_seconds,
  }),
  'AWS::SQS::QueuePolicy': (one) => ({ Queues: [one.queue_url], PolicyDocument: JSON.parse(one.policy) }),
  'AWS::Lambda::EventInvokeConfig': (one) => ({
    FunctionName: one.function_name,
    Qualifier: one.qualifier,
    MaximumRetryAttempts: one.maximum_retry_attempts,
    DestinationConfig: { OnFailure: { Destination: one.destination_config[0].on_failure[0].destination } },
  }),
  'AWS::Scheduler::ScheduleGroup': () => ({}),
  'AWS::Scheduler::Schedule': (one) => ({
    Description: one.description,
    GroupName: one.group_name,
    ScheduleExpression: one.schedule_expression,
    FlexibleTimeWindow: { Mode: one.flexible_time_window[0].mode },
    Target: {
      Arn: one.target[0].arn,
      RoleArn: one.target[0].role_arn,
      Input: one.target[0].input,
      RetryPolicy: { MaximumEventAgeInSeconds: one.target[0].retry_policy[0].maximum_event_age_in_seconds },
      DeadLetterConfig: { Arn: one.target[0].dead_letter_config[0].arn },
    },
  }),
}

/** What belongs to another resource: its type → the argument that names the other, and that one's type. */
export const parts = {
  aws_iam_role_policy: { by: 'role', of: 'aws_iam_role' },
  aws_cloudwatch_event_target: { by: 'rule', of: 'aws_cloudwatch_event_rule' },
}

// Names, which CloudFormation makes up; the package, which sam uploads; and what belongs to another by its name.
const own = {
  aws_lambda_function: ['function_name', 'filename', 'source_code_hash', 's3_bucket', 's3_key', 's3_object_version'],
  aws_cloudwatch_metric_alarm: ['alarm_name'],
  aws_iam_role_policy: ['role'],
  aws_cloudwatch_event_target: ['rule'],
  aws_secretsmanager_secret: [],
  aws_cloudwatch_log_group: [],
}

/** The arguments of a type that have no counterpart in the template. */
export const withoutCounterpart = (type) => own[type] ?? ['name']

const account = '123456789012'

/** What AWS adds to a resource of the module that others name. */
export const computed =
  ({ partition, region }) =>
  (type, { name, function_name: fn }) => {
    const arn = (service, rest, where = region) => ({ arn: `arn:${partition}:${service}:${where}:${account}:${rest}` })
    switch (type) {
      case 'aws_secretsmanager_secret':
        return arn('secretsmanager', `secret:${name}-AbCdEf`)
      case 'aws_lambda_function':
        return arn('lambda', `function:${fn}`)
      case 'aws_iam_role':
        return arn('iam', `role/${name}`, '')
      case 'aws_sqs_queue':
        return { ...arn('sqs', name), url: `https://sqs.${region}.amazonaws.com/${account}/${name}` }
      case 'aws_cloudwatch_event_rule':
        return arn('events', `rule/${name}`)
      case 'aws_scheduler_schedule_group':
        return arn('scheduler', `schedule-group/${name}`)
      default:
        return {}
    }
  }

/** The account, Region and partition, as the module's data sources have them. */
export const dataOf = ({ partition, region }) => ({
  aws_caller_identity: { current: { account_id: account } },
  aws_partition: { current: { partition } },
  aws_region: { current: { id: region } },
})

/** The same as CloudFormation's pseudo parameters. */
export const pseudoOf = ({ partition, region }, name) => ({
  'AWS::AccountId': account,
  'AWS::Partition': partition,
  'AWS::Region': region,
  'AWS::StackName': name,
})
