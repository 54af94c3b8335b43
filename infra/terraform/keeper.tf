# The same program with a role of its own, which can neither make nor delete a key, nor store a value.
resource "aws_lambda_function" "keeper" {
  #checkov:skip=CKV_AWS_50:Its log has each action and each call's attempts; tracing would need X-Ray's permissions
  #checkov:skip=CKV_AWS_115:With reserved concurrency, a retry or a key that has leaked waits for the run that hangs (fact 14)
  #checkov:skip=CKV_AWS_116:The event invoke config has a queue for what it fails on
  #checkov:skip=CKV_AWS_117:It calls AWS alone; a network is for whoever deploys to choose, with subnet_ids
  #checkov:skip=CKV_AWS_173:The environment holds settings, and no secret
  #checkov:skip=CKV_AWS_272:Code signing is for whoever deploys to choose
  count = local.keeper_count

  function_name     = "${var.name}-keeper"
  description       = "Retires and revokes access keys of IAM users, such as ${var.user_name}"
  runtime           = "provided.al2023"
  handler           = "bootstrap"
  filename          = local.package.filename
  source_code_hash  = local.package.hash
  s3_bucket         = local.package.bucket
  s3_key            = local.package.key
  s3_object_version = local.package.object_version
  architectures     = [var.architecture]
  memory_size       = 128
  timeout           = 900
  role              = aws_iam_role.keeper[0].arn

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.keeper[0].name
  }

  # Empty, it is none.
  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
  }

  environment {
    variables = { for name, value in local.keeper_settings : name => value if value != "" }
  }

  depends_on = [aws_iam_role_policy.keeper_network]
}

resource "aws_cloudwatch_log_group" "keeper" {
  #checkov:skip=CKV_AWS_158:Log lines hold access key ids and never a secret, so the encryption that every log group has is enough
  #checkov:skip=CKV_AWS_338:How long log lines are kept is for whoever deploys to choose, with log_retention_days
  count = local.keeper_count

  name              = "/aws/lambda/${var.name}-keeper"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "keeper" {
  count = local.keeper_count

  name               = "${var.name}-keeper-${local.region}"
  description        = "The keeper of iam-key-rotator in the module ${var.name}"
  assume_role_policy = local.lambda_trust
}

resource "aws_iam_role_policy" "keeper" {
  for_each = toset([for name, wanted in local.keeper_policies : name if wanted && local.has_keeper])

  name   = each.key
  role   = aws_iam_role.keeper[0].name
  policy = local.policies.keeper[each.key]
}

resource "aws_iam_role_policy" "keeper_administrators_kms_key" {
  count = local.has_keeper && local.administrator_has_kms_key ? 1 : 0

  name   = "consumer-kms-key-of-the-administrator"
  role   = aws_iam_role.keeper[0].name
  policy = local.policies.administrator["consumer-kms-key"]
}

# fact 59
resource "aws_iam_role_policy" "keeper_previous_kms_key" {
  count = local.has_keeper && local.has_previous_kms_key ? 1 : 0

  name   = "consumer-kms-key-of-before"
  role   = aws_iam_role.keeper[0].name
  policy = local.policies.before["consumer-kms-key"]
}

# An invocation that failed: the event, and the error. Both name keys by their ids.
resource "aws_sqs_queue" "dead_letters" {
  #checkov:skip=CKV_AWS_27:SQS's own encryption is on; EventBridge could not send to a queue under the AWS managed KMS key
  count = local.keeper_count

  name                      = "${var.name}-dead-letters"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600

  # A name that is taken fails there, before anything of that name is written over.
  depends_on = [aws_cloudwatch_log_group.rotator]
}

resource "aws_lambda_function_event_invoke_config" "keeper" {
  count = local.keeper_count

  function_name = aws_lambda_function.keeper[0].function_name
  qualifier     = "$LATEST"
  # The keeper goes on where it ended, so a second attempt is safe. After that there is the next hour's.
  maximum_retry_attempts = 1

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters[0].arn
    }
  }

  # Lambda sees whether the role may send.
  depends_on = [aws_iam_role_policy.keeper]
}

resource "aws_scheduler_schedule_group" "keeper" {
  count = local.keeper_count

  name = var.name
}

resource "aws_iam_role" "scheduler" {
  count = local.keeper_count

  name               = "${var.name}-scheduler-${local.region}"
  description        = "The schedules of the keeper of iam-key-rotator in the module ${var.name}"
  assume_role_policy = local.policies.keeper["scheduler-role-trust"]
}

resource "aws_iam_role_policy" "scheduler" {
  count = local.keeper_count

  name   = "scheduler-role"
  role   = aws_iam_role.scheduler[0].name
  policy = local.policies.keeper["scheduler-role"]
}

locals {
  schedules = {
    RetireHourly = {
      description = "Has the keeper retire the keys that were replaced, and finish what was interrupted"
      expression  = "rate(1 hour)"
      action      = "retire"
    }
    ReportDaily = {
      description = "Has the keeper say which keys there are, and what is wrong with them"
      expression  = "rate(1 day)"
      action      = "report"
    }
  }
}

resource "aws_scheduler_schedule" "keeper" {
  #checkov:skip=CKV_AWS_297:What it holds is the name of an action, and no secret
  for_each = { for name, one in local.schedules : name => one if local.has_keeper }

  name                = each.key
  description         = each.value.description
  group_name          = aws_scheduler_schedule_group.keeper[0].name
  schedule_expression = each.value.expression

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.keeper[0].arn
    role_arn = aws_iam_role.scheduler[0].arn
    input    = jsonencode({ Action = each.value.action })

    # After an hour the next one is due.
    retry_policy {
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters[0].arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}
