# Each policy is the document of that name in policies/, with values in the places of the words in capitals. All are replaced
# in one pass over the words, so a value that holds such a word stays as it is.
locals {
  documents = {
    for name in [
      "consumer-kms-key",
      "execution-role",
      "execution-role-assumes-role",
      "execution-role-kms-key",
      "execution-role-logs",
      "execution-role-manages-keys",
      "execution-role-reads-administrator",
      "fleet-execution-role",
      "fleet-keeper-role",
      "keeper-dead-letters",
      "keeper-deactivates-own-key",
      "keeper-manages-keys",
      "keeper-role",
      "keeper-role-reads-administrator",
      "scheduler-role",
      "scheduler-role-trust",
    ] : name => replace(file("${path.module}/../../policies/${name}.json"), "arn:aws:", "arn:PARTITION:")
  }

  values = {
    PARTITION                = local.partition
    REGION                   = local.region
    ACCOUNT_ID               = local.account
    USER_ARN                 = local.user_arn
    SECRET_ARN               = local.secret_arn
    ADMINISTRATOR_SECRET_ARN = var.administrator_secret_arn
    KMS_KEY_ARN              = var.kms_key_arn
    ROLE_ARN                 = var.role_arn
    FLEET                    = var.fleet
    FUNCTION_ARN             = aws_lambda_function.rotator.arn
    KEEPER_ARN               = join("", aws_lambda_function.keeper[*].arn)
    QUEUE_ARN                = join("", aws_sqs_queue.dead_letters[*].arn)
    SCHEDULE_GROUP_ARN       = join("", aws_scheduler_schedule_group.keeper[*].arn)
  }
  log_groups = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group"

  policies = {
    for whose, values in {
      function = merge(local.values, { LOG_GROUP_ARN = "${local.log_groups}:${aws_cloudwatch_log_group.rotator.name}" })
      keeper   = merge(local.values, { LOG_GROUP_ARN = "${local.log_groups}:${join("", aws_cloudwatch_log_group.keeper[*].name)}" })
      # For the key that encrypts the administrator's secret.
      administrator = merge(local.values, { SECRET_ARN = var.administrator_secret_arn, KMS_KEY_ARN = var.administrator_kms_key_arn })
      # For the key that encrypted the secret before.
      before = merge(local.values, { KMS_KEY_ARN = var.previous_kms_key_arn })
      } : whose => {
      for name, text in local.documents : name => join("", [for word in regexall("\\w+|\\W+", text) : lookup(values, word, word)])
    }
  }

  lambda_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  function_policies = {
    execution-role                     = local.has_one_secret
    execution-role-logs                = true
    execution-role-manages-keys        = local.role_manages
    execution-role-reads-administrator = local.reads_admin
    execution-role-assumes-role        = var.role_arn != ""
    execution-role-kms-key             = var.kms_key_arn != ""
    fleet-execution-role               = local.is_fleet
  }
  # It reads secrets and stores none, so the execution role's document for KMS would allow more than it needs.
  keeper_policies = {
    keeper-role                     = local.has_one_secret
    execution-role-logs             = true
    keeper-dead-letters             = true
    keeper-manages-keys             = local.role_manages
    keeper-deactivates-own-key      = local.own_key_manages
    keeper-role-reads-administrator = local.reads_admin
    consumer-kms-key                = var.kms_key_arn != ""
    execution-role-assumes-role     = var.role_arn != ""
    fleet-keeper-role               = local.is_fleet
  }
  has_previous_kms_key      = var.previous_kms_key_arn != ""
  administrator_has_kms_key = var.administrator_kms_key_arn != ""
}
