# AWS's reports of exposed keys (facts 46 and 47). Health's and Trusted Advisor's come in us-east-1: health-forwarder.yaml
# brings them here.
locals {
  what_was_done = (local.revokes_exposed
    ? "the keeper of the module ${var.name} replaces and deactivates it if one of its secrets gives it out, so look at the log group ${local.keeper_log} and at the alarm RevokeFailed (infra/README.md#exposed-keys)."
    : "nothing was deactivated, so look in the log group ${local.keeper_log} for the secret that gives it out, and run the command in the output revoke_now of the module ${var.name} for that secret (infra/README.md#exposed-keys)."
  )
  keeper_log = join("", aws_cloudwatch_log_group.keeper[*].name)

  reports = {
    ExposedByHealth = {
      rule        = "exposed-health"
      description = "AWS Health reports an exposed or misused access key"
      pattern = jsonencode({
        source        = ["aws.health"]
        "detail-type" = ["AWS Health Event"]
        detail = {
          service = ["RISK"]
          eventTypeCode = [
            "AWS_RISK_CREDENTIALS_EXPOSED",
            "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED",
            "AWS_RISK_CREDENTIALS_COMPROMISED",
            "AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED",
            "AWS_RISK_IAM_QUARANTINE",
          ]
        }
      })
      paths = {
        key     = "$.detail.affectedEntities[0].entityValue"
        account = "$.detail.affectedAccount"
        code    = "$.detail.eventTypeCode"
      }
      sentence = "AWS Health reports the access key <key> of the account <account> (<code>)"
    }
    # A path has no spaces, and the fields of a check's item have: so the item is shown as it is.
    ExposedByTrustedAdvisor = {
      rule        = "exposed-trusted-advisor"
      description = "Trusted Advisor reports an exposed access key"
      pattern = jsonencode({
        source        = ["aws.trustedadvisor"]
        "detail-type" = ["Trusted Advisor Check Item Refresh Notification"]
        detail = {
          "check-name" = ["Exposed Access Keys"]
          # OK is for a key that is no longer exposed. Not every event has a status.
          status = [{ "anything-but" = "OK" }, { exists = false }]
        }
      })
      paths = {
        item    = "$.detail.check-item-detail"
        account = "$.account"
      }
      sentence = "Trusted Advisor reports an exposed access key of the account <account>, <item>"
    }
    ExposedByGuardDuty = {
      rule        = "exposed-guardduty"
      description = "GuardDuty reports an access key that somebody else may have"
      pattern = jsonencode({
        source        = ["aws.guardduty"]
        "detail-type" = ["GuardDuty Finding"]
        detail = {
          # Medium or more: a finding of low severity says that calls were unusual, and no more.
          severity = [{ numeric = [">=", 4] }]
          resource = {
            resourceType     = ["AccessKey"]
            accessKeyDetails = { userType = ["IAMUser"] }
          }
        }
      })
      paths = {
        key     = "$.detail.resource.accessKeyDetails.accessKeyId"
        user    = "$.detail.resource.accessKeyDetails.userName"
        account = "$.detail.accountId"
        type    = "$.detail.type"
      }
      sentence = "GuardDuty reports the access key <key> of the user <user> in the account <account> (<type>)"
    }
  }
}

resource "aws_cloudwatch_event_rule" "exposed" {
  for_each = { for name, one in local.reports : name => one if local.hears_of_exposed }

  name          = "${var.name}-${each.value.rule}"
  description   = each.value.description
  event_pattern = each.value.pattern

  # A name that is taken fails there, before anything of that name is written over.
  depends_on = [aws_cloudwatch_log_group.rotator]
}

resource "aws_cloudwatch_event_target" "exposed_to_keeper" {
  for_each = { for name, one in local.reports : name => one if local.hears_of_exposed }

  rule      = aws_cloudwatch_event_rule.exposed[each.key].name
  target_id = "keeper"
  arn       = aws_lambda_function.keeper[0].arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters[0].arn
  }
}

resource "aws_cloudwatch_event_target" "exposed_to_topic" {
  for_each = { for name, one in local.reports : name => one if local.hears_of_exposed && local.has_topic }

  rule      = aws_cloudwatch_event_rule.exposed[each.key].name
  target_id = "topic"
  arn       = local.topic_arn

  input_transformer {
    input_paths    = each.value.paths
    input_template = "\"${each.value.sentence}: ${local.what_was_done}\""
  }
}

resource "aws_lambda_permission" "exposed" {
  for_each = { for name, one in local.reports : name => one if local.hears_of_exposed }

  function_name = aws_lambda_function.keeper[0].arn
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.exposed[each.key].arn
}

# For a report that does not reach the keeper. The schedules have their role.
resource "aws_sqs_queue_policy" "dead_letters" {
  count = local.hears_of_exposed ? 1 : 0

  queue_url = aws_sqs_queue.dead_letters[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.dead_letters[0].arn
      Condition = { ArnEquals = { "aws:SourceArn" = [for name, one in local.reports : aws_cloudwatch_event_rule.exposed[name].arn] } }
    }]
  })
}
