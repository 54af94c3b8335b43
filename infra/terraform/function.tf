resource "aws_cloudwatch_log_group" "rotator" {
  #checkov:skip=CKV_AWS_158:Log lines hold access key ids and never a secret, so the encryption that every log group has is enough
  #checkov:skip=CKV_AWS_338:How long log lines are kept is for whoever deploys to choose, with log_retention_days
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

# IAM is global, so the Region is a part of the role's name.
resource "aws_iam_role" "execution" {
  name               = "${var.name}-${local.region}"
  description        = "iam-key-rotator in the module ${var.name}"
  assume_role_policy = local.lambda_trust
}

resource "aws_iam_role_policy" "execution" {
  for_each = toset([for name, wanted in local.function_policies : name if wanted])

  name   = each.key
  role   = aws_iam_role.execution.name
  policy = local.policies.function[each.key]
}

resource "aws_iam_role_policy" "execution_administrators_kms_key" {
  count = local.administrator_has_kms_key ? 1 : 0

  name   = "consumer-kms-key"
  role   = aws_iam_role.execution.name
  policy = local.policies.administrator["consumer-kms-key"]
}

# fact 59
resource "aws_iam_role_policy" "execution_previous_kms_key" {
  count = local.has_previous_kms_key ? 1 : 0

  name   = "consumer-kms-key-of-before"
  role   = aws_iam_role.execution.name
  policy = local.policies.before["consumer-kms-key"]
}

resource "aws_lambda_function" "rotator" {
  #checkov:skip=CKV_AWS_50:Its log has each step and each call's attempts; tracing would need X-Ray's permissions
  #checkov:skip=CKV_AWS_115:With reserved concurrency, a retry or a key that has leaked waits for the run that hangs (fact 14)
  #checkov:skip=CKV_AWS_116:Secrets Manager waits for the rotation and tries again itself
  #checkov:skip=CKV_AWS_117:It calls AWS alone; a network is for whoever deploys to choose, with subnet_ids
  #checkov:skip=CKV_AWS_173:The environment holds settings, and no secret
  #checkov:skip=CKV_AWS_272:Code signing is for whoever deploys to choose
  function_name     = var.name
  description       = "Rotates the access keys of IAM users, such as ${var.user_name}, for Secrets Manager"
  runtime           = "provided.al2023"
  handler           = "bootstrap"
  filename          = local.package.filename
  source_code_hash  = local.package.hash
  s3_bucket         = local.package.bucket
  s3_key            = local.package.key
  s3_object_version = local.package.object_version
  architectures     = [var.architecture]
  memory_size       = var.memory_size
  timeout           = var.timeout
  role              = aws_iam_role.execution.arn

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.rotator.name
  }

  # Empty, it is none.
  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
  }

  # A variable that is empty is not set at all: the function refuses one.
  environment {
    variables = { for name, value in local.function_settings : name => value if value != "" }
  }

  depends_on = [aws_iam_role_policy.execution_network]
}

locals {
  # The file's hash is what tells Terraform that it changed.
  package = {
    filename       = var.package_file == "" ? null : var.package_file
    hash           = var.package_file == "" ? null : filebase64sha256(var.package_file)
    bucket         = var.package_s3_bucket == "" ? null : var.package_s3_bucket
    key            = var.package_s3_key == "" ? null : var.package_s3_key
    object_version = var.package_s3_object_version == "" ? null : var.package_s3_object_version
  }
}

# No source_arn: it would bind the function to one secret (fact 10).
resource "aws_lambda_permission" "secrets_manager" {
  function_name  = aws_lambda_function.rotator.arn
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}
