# Every secret and user with the tag iam-key-rotator = blue, and a topic that is told what fails. The package is in Amazon S3.
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

variable "first_value_stored" {
  description = "true as soon as the command in the output store_first_value has run"
  type        = bool
  default     = false
}

variable "package" {
  description = "Where the deployment package is"
  type        = object({ bucket = string, key = string })
}

variable "alarm_topic" {
  description = "The name of the topic for alarms, whose policy lets cloudwatch.amazonaws.com and events.amazonaws.com publish"
  type        = string
}

module "fleet" {
  source = "../.."

  name                = "rotate-blue"
  user_name           = "alice"
  fleet               = "blue"
  package_s3_bucket   = var.package.bucket
  package_s3_key      = var.package.key
  alarm_topic         = var.alarm_topic
  revoke_exposed_keys = "revoke"
  first_value_stored  = var.first_value_stored
}

# Another secret of the fleet. It needs its first value, as the first one does, and then the command in attach_another_secret.
resource "aws_secretsmanager_secret" "bob" {
  #checkov:skip=CKV_AWS_149:The AWS managed key is enough for an example
  #checkov:skip=CKV2_AWS_57:The command in the output attach_another_secret attaches the rotation
  name = "iam/bob"
  tags = { "iam-key-rotator" = "blue" }

  lifecycle {
    prevent_destroy = true
  }
}

output "store_first_value" {
  value = module.fleet.store_first_value
}

output "attach_another_secret" {
  value = module.fleet.attach_another_secret
}
