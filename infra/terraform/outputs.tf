locals {
  invoke_keeper = "aws lambda invoke --region ${local.region} --function-name '${local.keeper_name}' --cli-binary-format raw-in-base64-out --cli-read-timeout 0 --payload"
  last_errors   = "aws logs tail --region ${local.region} --since 7d --filter-pattern '{ $.level = \"ERROR\" || $.record.status = \"timeout\" }'"
  # For a user without a key: nothing in it is secret. A key that exists is stored from a file, and stays out of this command.
  first_value = var.create_first_key ? "'${jsonencode({ (local.username_field) = var.user_name })}'" : "file://first-value.json"
}

output "function_arn" {
  description = "The function, which rotates any secret that names it, as far as its role allows"
  value       = aws_lambda_function.rotator.arn
}

output "role_arn" {
  description = "The function's execution role"
  value       = aws_iam_role.execution.arn
}

output "secret_arn" {
  description = "The secret that is rotated"
  value       = local.secret_arn
}

output "store_first_value" {
  description = "Stores the first value of the secret that the module made; null, where there is one"
  value       = local.attaches ? null : "aws secretsmanager put-secret-value --region ${local.region} --secret-id '${local.secret_arn}' --secret-string ${local.first_value}"
}

output "rotate_now" {
  description = "Rotates the secret now"
  value       = "aws secretsmanager rotate-secret --region ${local.region} --secret-id '${local.secret_arn}'"
}

output "tail_logs" {
  description = "Shows the function's log as it is written"
  value       = "aws logs tail --region ${local.region} --follow --since 1h '${aws_cloudwatch_log_group.rotator.name}'"
}

output "last_errors" {
  description = "Prints what failed in the last week"
  value       = "${local.last_errors} '${aws_cloudwatch_log_group.rotator.name}'"
}

output "attach_another_secret" {
  description = "Has the function rotate another secret of the fleet, which carries its tag and has its user in its name, and which is rotated at once"
  value       = local.is_fleet ? "aws secretsmanager rotate-secret --region ${local.region} --secret-id ANOTHER_SECRET --rotation-lambda-arn '${aws_lambda_function.rotator.arn}' --rotation-rules '{\"ScheduleExpression\": \"${var.schedule}\", \"Duration\": \"${var.window}\"}'" : null
}

output "keeper_function_name" {
  description = "The keeper, which retires and revokes keys"
  value       = one(aws_lambda_function.keeper[*].function_name)
}

output "keeper_role_arn" {
  description = "The keeper's execution role"
  value       = one(aws_iam_role.keeper[*].arn)
}

output "tail_keeper_logs" {
  description = "Shows the keeper's log as it is written"
  value       = local.has_keeper ? "aws logs tail --region ${local.region} --follow --since 1h '${local.keeper_log}'" : null
}

output "last_keeper_errors" {
  description = "Prints what failed in the keeper in the last week"
  value       = local.has_keeper ? "${local.last_errors} '${local.keeper_log}'" : null
}

output "revoke_now" {
  description = "Replaces the key that the secret gives out, and deactivates it"
  value       = local.has_keeper ? "${local.invoke_keeper} '{\"Action\":\"revoke\",\"SecretId\":\"${local.secret_arn}\"}' /dev/stdout" : null
}

output "undo_retirement" {
  description = "Activates the key again that the keeper retired"
  value       = local.has_keeper ? "${local.invoke_keeper} '{\"Action\":\"undo\",\"SecretId\":\"${local.secret_arn}\"}' /dev/stdout" : null
}
