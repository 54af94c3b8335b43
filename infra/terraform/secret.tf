# Without a value: whatever Terraform knew of one would be in its state, and it would write it over a rotated one some day.
# You store the first with the command in the output store_first_value.
resource "aws_secretsmanager_secret" "made" {
  #checkov:skip=CKV_AWS_149:A customer managed key is for whoever deploys to choose, with kms_key_arn
  #checkov:skip=CKV2_AWS_57:The rotation is attached below, as soon as there is a value
  count = local.secret_exists ? 0 : 1

  name        = local.made_secret_name
  description = "The access key of the IAM user ${var.user_name}, rotated by iam-key-rotator"
  kms_key_id  = var.kms_key_arn == "" ? null : var.kms_key_arn

  # The credential source is told by tags, so that a change of it does not touch the value.
  tags = merge(
    local.is_fleet ? { "iam-key-rotator" = var.fleet } : {},
    local.reads_admin ? { (local.source_tag) = var.administrator_secret_arn } : {},
    # Its own ARN, but for the six characters at the end, which are not known yet.
    local.own_key_manages ? { (local.source_tag) = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${local.made_secret_name}" } : {},
    var.role_arn != "" ? { (local.role_tag) = var.role_arn } : {},
    var.external_id != "" ? { (local.external_id_tag) = var.external_id } : {},
  )

  # Neither a destroy nor a change that needs another secret (user_name, secret_path, a field's name, secret_arn) takes it
  # away: the plan fails.
  lifecycle {
    prevent_destroy = true
  }
}

locals {
  source_tag      = var.source_secret_field == "" ? "secretarn" : var.source_secret_field
  role_tag        = var.role_field == "" ? "rolearn" : var.role_field
  external_id_tag = var.external_id_field == "" ? "externalid" : var.external_id_field
}

# After everything that can fail: each change of it calls RotateSecret.
resource "aws_secretsmanager_secret_rotation" "schedule" {
  count = local.attaches ? 1 : 0

  secret_id           = local.secret_arn
  rotation_lambda_arn = aws_lambda_function.rotator.arn
  # The provider's own default is true.
  rotate_immediately = var.rotate_at_once

  rotation_rules {
    schedule_expression = var.schedule
    duration            = var.window
  }

  depends_on = [
    aws_lambda_permission.secrets_manager,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.execution_administrators_kms_key,
    aws_cloudwatch_metric_alarm.step_failed,
    aws_cloudwatch_metric_alarm.near_time_out,
    aws_cloudwatch_event_target.rotation_failed,
    aws_cloudwatch_event_target.rotation_overdue,
    aws_cloudwatch_event_target.exposed_to_keeper,
    aws_cloudwatch_event_target.exposed_to_topic,
    aws_lambda_permission.exposed,
    aws_sqs_queue_policy.dead_letters,
    aws_iam_role_policy.execution_previous_kms_key,
    aws_iam_role_policy.keeper_administrators_kms_key,
    aws_iam_role_policy.keeper_previous_kms_key,
    aws_lambda_function_event_invoke_config.keeper,
    aws_scheduler_schedule.keeper,
    aws_cloudwatch_metric_alarm.keeper,
  ]
}
