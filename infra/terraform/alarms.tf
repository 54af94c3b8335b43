resource "aws_cloudwatch_metric_alarm" "step_failed" {
  alarm_name          = "${var.name}-StepFailed"
  alarm_description   = "A step of a rotation of the secret ${local.secret_arn}${local.or_another} failed. Consumers go on with the key that they have. The command in the output last_errors of the module ${var.name} prints the error type, the cause and the way out (README.md#when-a-rotation-fails)"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.rotator.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "near_time_out" {
  alarm_name          = "${var.name}-NearTimeOut"
  alarm_description   = "A step took 80 % or more of the time-out of ${var.timeout} s. Raise timeout before one is cut off (infra/README.md#alarms)"
  evaluation_periods  = 1
  threshold           = 80
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions

  metric_query {
    id          = "share"
    label       = "Longest step, in % of the time-out"
    expression  = "100 * longest / (1000 * ${var.timeout})"
    return_data = true
  }

  metric_query {
    id          = "longest"
    return_data = false

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Duration"
      dimensions  = { FunctionName = aws_lambda_function.rotator.function_name }
      stat        = "Maximum"
      period      = 300
    }
  }
}

# The keeper runs each hour. StillInUse looks at one of the last two hours: so the alarm does not go on and off.
locals {
  keeper_name = join("", aws_lambda_function.keeper[*].function_name)
  or_another  = local.is_fleet ? " or of another one of its fleet" : ""
  queue_name  = join("", aws_sqs_queue.dead_letters[*].name)
  usual_alarm = { namespace = "iam-key-rotator", dimensions = { Function = local.keeper_name }, statistic = "Sum", period = 300, periods = 1, to_alarm = null }
  keeper_alarms = {
    StillInUse = merge(local.usual_alarm, {
      metric      = "KeysStillInUse"
      period      = 3600
      periods     = 2
      to_alarm    = 1
      description = "A key that was replaced is still used after ${var.retire_after}, so it was left active. The next rotation cuts off who uses it. The log group ${local.keeper_log} says by which service, in which Region and when: have that consumer read the secret again (infra/README.md#alarms)"
    })
    Exposed = merge(local.usual_alarm, {
      metric      = "KeysExposed"
      description = "A key of one of the secrets was reported as exposed. The log group ${local.keeper_log} says which. Unless revoke_exposed_keys is revoke, run the command in the output revoke_now of the module ${var.name} for that secret (infra/README.md#exposed-keys)"
    })
    RevokeFailed = merge(local.usual_alarm, {
      metric      = "RevokeFailed"
      description = "An exposed key could not be revoked and still works. The command in the output last_keeper_errors of the module ${var.name} prints its secret, what stands in the way, and what to do (infra/README.md#alarms)"
    })
    KeeperFailed = merge(local.usual_alarm, {
      metric      = "KeeperFailed"
      description = "The keeper could not do its work for a secret. The command in the output last_keeper_errors of the module ${var.name} prints which, why, and what to do (infra/README.md#alarms)"
    })
    KeeperErrors = merge(local.usual_alarm, {
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = local.keeper_name }
      description = "The keeper ended with an error, or was cut off by its time-out. The command in the output last_keeper_errors of the module ${var.name} prints why (infra/README.md#alarms)"
    })
    DeadLettersWait = merge(local.usual_alarm, {
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = local.queue_name }
      statistic   = "Maximum"
      description = "The keeper did not get an event, or failed on it twice. The queue ${local.queue_name} holds the event and the error: fix the cause, invoke the keeper with the event, and delete the message (infra/README.md#alarms)"
    })
  }
}

resource "aws_cloudwatch_metric_alarm" "keeper" {
  for_each = { for name, one in local.keeper_alarms : name => one if local.has_keeper }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.to_alarm
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
}

# The ARN is in one of two places (facts 13 and 66). A fleet's secrets are known by the names that SECRET_NAME asks for.
locals {
  # Two types, of which no condition takes one or the other.
  rotated_secrets = concat(
    [for name in [replace(local.secret_name_to_ask, "{username}", "*")] : { wildcard = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${name}-*" } if local.is_fleet],
    [for arn in [local.secret_arn] : arn if !local.is_fleet],
  )
}

resource "aws_cloudwatch_event_rule" "rotation_failed" {
  count = local.has_topic ? 1 : 0

  name        = "${var.name}-rotation-failed"
  description = "A rotation of a secret, or the test of one, failed or was abandoned"
  event_pattern = jsonencode({
    source        = ["aws.secretsmanager"]
    "detail-type" = ["AWS Service Event via CloudTrail"]
    detail = {
      eventSource = ["secretsmanager.amazonaws.com"]
      eventName   = ["RotationFailed", "RotationAbandoned", "TestRotationFailed"]
      "$or" = [
        { additionalEventData = { SecretId = local.rotated_secrets } },
        { serviceEventDetails = { secretId = local.rotated_secrets } },
      ]
    }
  })

  # A name that is taken fails there, before anything of that name is written over.
  depends_on = [aws_cloudwatch_log_group.rotator]
}

resource "aws_cloudwatch_event_target" "rotation_failed" {
  count = local.has_topic ? 1 : 0

  rule      = aws_cloudwatch_event_rule.rotation_failed[0].name
  target_id = "topic"
  arn       = local.topic_arn

  input_transformer {
    # What an event does not have is left out of the sentence.
    input_paths = {
      event   = "$.detail.eventName"
      secret  = "$.detail.additionalEventData.SecretId"
      managed = "$.detail.serviceEventDetails.secretId"
      time    = "$.time"
    }
    input_template = "\"<event> of the secret <secret><managed> at <time>: consumers go on with the key that they have, and the command in the output last_errors of the module ${var.name} prints the error type, the cause and the way out (README.md#when-a-rotation-fails).\""
  }
}

# A CloudWatch alarm looks back seven days at most, and Secrets Manager has no metric of a secret's age.
resource "aws_config_config_rule" "rotation_on_schedule" {
  count = local.checks_overdue ? 1 : 0

  name        = "${var.name}-rotation-on-schedule"
  description = "Whether secrets were rotated when their schedule says"

  scope {
    compliance_resource_types = ["AWS::SecretsManager::Secret"]
  }

  source {
    owner             = "AWS"
    source_identifier = "SECRETSMANAGER_SCHEDULED_ROTATION_SUCCESS_CHECK"
  }

  # A name that is taken fails there, before anything of that name is written over.
  depends_on = [aws_cloudwatch_log_group.rotator]
}

resource "aws_cloudwatch_event_rule" "rotation_overdue" {
  count = local.checks_overdue ? 1 : 0

  name        = "${var.name}-rotation-overdue"
  description = "The secret was not rotated when its schedule says"
  event_pattern = jsonencode({
    source        = ["aws.config"]
    "detail-type" = ["Config Rules Compliance Change"]
    detail = {
      configRuleName      = [aws_config_config_rule.rotation_on_schedule[0].name]
      newEvaluationResult = { complianceType = ["NON_COMPLIANT"] }
      # The secret's ARN, or its last part: which, AWS does not document.
      resourceId = [{ suffix = element(split(":", local.secret_arn), 6) }]
    }
  })

  # A name that is taken fails there, before anything of that name is written over.
  depends_on = [aws_cloudwatch_log_group.rotator]
}

resource "aws_cloudwatch_event_target" "rotation_overdue" {
  count = local.checks_overdue ? 1 : 0

  rule      = aws_cloudwatch_event_rule.rotation_overdue[0].name
  target_id = "topic"
  arn       = local.topic_arn

  input_transformer {
    input_paths    = { secret = "$.detail.resourceId" }
    input_template = "\"The secret <secret> was not rotated when its schedule says: look at the schedule with aws secretsmanager describe-secret, then run the command in the output rotate_now of the module ${var.name} (infra/README.md#alarms).\""
  }
}
