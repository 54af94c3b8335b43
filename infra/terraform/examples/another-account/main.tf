# The user is in another account. The functions assume a role there, which manages that user's keys and nothing else.
terraform {
  required_version = ">= 1.9.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "users"
  region = "eu-west-1"

  assume_role {
    role_arn = var.deployer_in_the_users_account
  }
}

variable "deployer_in_the_users_account" {
  description = "The ARN of a role in the user's account that Terraform may assume and that may make roles there"
  type        = string
}

variable "first_value_stored" {
  description = "true as soon as the command in the output store_first_value has run"
  type        = bool
  default     = false
}

data "aws_caller_identity" "users" {
  provider = aws.users
}

locals {
  role        = "rotate-carol"
  external_id = "iam-key-rotator"
  user_arn    = "arn:aws:iam::${data.aws_caller_identity.users.account_id}:user/carol"
}

module "carol" {
  source = "../.."

  name              = "rotate-carol"
  user_name         = "carol"
  credential_source = "another-account"
  # By its name, for the role's own policy names the functions' roles.
  role_arn           = "arn:aws:iam::${data.aws_caller_identity.users.account_id}:role/${local.role}"
  external_id        = local.external_id
  package_file       = "${path.module}/bootstrap.zip"
  first_value_stored = var.first_value_stored
}

resource "aws_iam_role" "users" {
  provider = aws.users

  name = local.role
  assume_role_policy = replace(replace(replace(
    file("${path.module}/../../../../policies/role-in-another-account-trust-with-keeper.json"),
    "KEEPER_ROLE_ARN", module.carol.keeper_role_arn),
    "EXECUTION_ROLE_ARN", module.carol.role_arn),
  "EXTERNAL_ID", local.external_id)
}

resource "aws_iam_role_policy" "users" {
  provider = aws.users

  name   = "role-in-another-account"
  role   = aws_iam_role.users.name
  policy = replace(file("${path.module}/../../../../policies/role-in-another-account.json"), "USER_ARN", local.user_arn)
}

output "store_first_value" {
  value = module.carol.store_first_value
}

output "rotate_now" {
  value = module.carol.rotate_now
}
