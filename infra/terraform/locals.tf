data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  secret_exists      = var.secret_arn != ""
  attaches           = local.secret_exists || var.first_value_stored
  role_manages       = var.credential_source == "execution-role"
  own_key_manages    = var.credential_source == "own-key"
  reads_admin        = var.administrator_secret_arn != ""
  is_fleet           = var.fleet != ""
  has_one_secret     = !local.is_fleet && !local.reads_admin
  has_keeper         = var.retire_after != ""
  hears_of_exposed   = local.has_keeper && var.revoke_exposed_keys != "no"
  revokes_exposed    = local.has_keeper && var.revoke_exposed_keys == "revoke"
  has_topic          = var.alarm_topic != ""
  topic_arn          = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.alarm_topic}"
  checks_overdue     = local.has_topic && var.overdue_check == "aws-config"
  alarm_actions      = local.has_topic ? [local.topic_arn] : []
  keeper_count       = local.has_keeper ? 1 : 0
  user_arn           = "arn:${local.partition}:iam::${local.account}:user${var.user_path}${var.user_name}"
  secret_arn         = local.secret_exists ? var.secret_arn : aws_secretsmanager_secret.made[0].arn
  username_field     = var.username_field == "" ? "username" : var.username_field
  access_key_field   = var.access_key_field == "" ? "accesskey" : var.access_key_field
  secret_key_field   = var.secret_key_field == "" ? "secretkey" : var.secret_key_field
  has_fields         = var.username_field != "" || var.access_key_field != "" || var.secret_key_field != ""
  named_fields       = replace("${local.username_field}/${local.access_key_field}/${local.secret_key_field}/", " ", "=")
  name_before_user   = join("", [var.secret_path, local.has_fields ? local.named_fields : ""])
  made_secret_name   = "${local.name_before_user}${var.user_name}"
  secret_name_to_ask = local.secret_exists ? var.secret_name : "${local.name_before_user}{username}"

  # What both functions are told. The user in the secret's value has to be the one in SECRET_NAME.
  common_settings = {
    SECRET_NAME         = local.secret_name_to_ask
    IN_USE_WINDOW       = var.in_use_window
    RETIRE_AFTER        = var.retire_after
    USERNAME_FIELD      = var.username_field
    ACCESS_KEY_FIELD    = var.access_key_field
    SECRET_KEY_FIELD    = var.secret_key_field
    SOURCE_SECRET_FIELD = var.source_secret_field
    ROLE_FIELD          = var.role_field
    EXTERNAL_ID_FIELD   = var.external_id_field
    SMTP_PASSWORD_FIELD = var.smtp_password_field
    HTTPS_PROXY         = var.https_proxy
    NO_PROXY            = var.no_proxy
    AWS_CA_BUNDLE       = var.ca_bundle
  }
  function_settings = merge(local.common_settings, {
    DELETE_KEY_IN_USE = var.delete_key_in_use
    VERIFY_TIMEOUT    = var.verify_timeout
    SMTP_REGION       = var.smtp_region
    VERIFY_SMTP       = var.verify_smtp == "on" ? "" : "off"
    VERIFY_SUCCESSES  = var.verify_successes == 3 ? "" : tostring(var.verify_successes)
  })
  # One of SECRET_ARN and FLEET makes it the keeper.
  keeper_settings = merge(local.common_settings, {
    SECRET_ARN   = local.is_fleet ? "" : local.secret_arn
    FLEET        = var.fleet
    REVOKE       = var.revoke
    EXPOSED_KEYS = local.revokes_exposed ? "revoke" : "report"
  })
}
