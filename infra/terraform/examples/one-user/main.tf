# One user without an access key: the first rotation makes the first one.
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

module "alice" {
  source = "../.."

  name               = "rotate-alice"
  user_name          = "alice"
  package_file       = "${path.module}/bootstrap.zip"
  first_value_stored = var.first_value_stored
}

output "store_first_value" {
  value = module.alice.store_first_value
}

output "rotate_now" {
  value = module.alice.rotate_now
}

output "revoke_now" {
  value = module.alice.revoke_now
}
