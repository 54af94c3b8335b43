# The module's own: what CloudFormation and sam know without being told

variable "name" {
  description = "The name of the function, and what the names of everything else begin with. Each use of the module in an account and Region has another."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,38}$", var.name))
    error_message = "name must be 1 to 38 letters, digits, - and _"
  }
}

variable "package_file" {
  description = "The path of the deployment package, bootstrap.zip, if it is a file. It must be for the processor in architecture."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = (var.package_file == "") != (var.package_s3_bucket == "")
    error_message = "give package_file, or package_s3_bucket and package_s3_key"
  }
}

variable "package_s3_bucket" {
  description = "The bucket of the deployment package, if it is an object in Amazon S3. It must be in the same Region."
  type        = string
  default     = ""
  nullable    = false
}

variable "package_s3_key" {
  description = "The key of the deployment package in its bucket. Give each version a key of its own, or package_s3_object_version: otherwise Terraform sees no change."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = (var.package_s3_key == "") == (var.package_s3_bucket == "")
    error_message = "package_s3_key and package_s3_bucket belong together"
  }
}

variable "package_s3_object_version" {
  description = "Empty, or the version of the object in a bucket with versions."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.package_s3_object_version == "" || var.package_s3_key != ""
    error_message = "package_s3_object_version needs package_s3_key"
  }
}

variable "first_value_stored" {
  description = "For a secret that the module makes: true as soon as you have stored its first value. Only then the rotation is attached. Setting it back to false ends the rotation."
  type        = bool
  default     = false
  nullable    = false
}

# The user

variable "user_name" {
  description = "The IAM user whose access keys are rotated. The user must exist; the module never makes or changes it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9+=.@_-]{1,64})$", var.user_name))
    error_message = "user_name must be the name of an IAM user, without its path (1 to 64 letters, digits and +=.@_-)"
  }
}

variable "user_path" {
  description = "The user's path, as in arn:aws:iam::123456789012:user/team/blue/alice, where it is /team/blue/. Most users have none, which is /."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^(?:/([A-Za-z0-9+=,.@_-]+/)*)$", var.user_path)) && length(var.user_path) <= 512
    error_message = "user_path must begin and end with a slash"
  }
}

# The secret

variable "secret_path" {
  description = "What stands before the user's name in the name of the secret that is made, so that another user means another secret."
  type        = string
  default     = "iam/"
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_+=.@-]+/)*)$", var.secret_path)) && length(var.secret_path) <= 200
    error_message = "secret_path must be empty or end with a slash (letters, digits and _+=.@-)"
  }
}

variable "secret_arn" {
  description = "Empty, or the full ARN of a secret that exists and is to be rotated; then none is made."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6})?)$", var.secret_arn))
    error_message = "secret_arn must be the full ARN of a secret, with the six characters at its end"
  }
}

variable "secret_name" {
  description = "For secret_arn, the secret's name, with {username} in the place of the user's, as in iam/{username} for the secret iam/alice. The function refuses a secret whose name is another. A secret that is made gets its name by secret_path."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9/_+=.@-]*\\{username\\}[A-Za-z0-9/_+=.@-]*)?)$", var.secret_name)) && length(var.secret_name) <= 500
    error_message = "secret_name must be empty or a secret's name with {username} in it, once (letters, digits and /_+=.@-)"
  }

  validation {
    condition     = var.secret_arn == "" || var.secret_name != ""
    error_message = "secret_arn needs secret_name, that secret's name with {username} in the place of the user's, such as iam/{username}"
  }

  validation {
    condition     = var.secret_arn != "" || var.secret_name == ""
    error_message = "secret_name is for secret_arn alone; a secret that is made gets its name by secret_path"
  }
}

variable "create_first_key" {
  description = "true: the first rotation makes the first access key and stores it. false: the user has a key that is in use, and you store it in the secret. It means nothing with secret_arn."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.credential_source != "own-key" || var.secret_arn != "" || !var.create_first_key
    error_message = "credential_source own-key needs create_first_key = false, for a user without a key cannot make one"
  }
}

variable "kms_key_arn" {
  description = "Empty for the AWS managed key, or the ARN of the customer managed KMS key that encrypts the secret."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+)?)$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)"
  }
}

variable "previous_kms_key_arn" {
  description = "Empty, or for a change of kms_key_arn the ARN of the customer managed KMS key before it. The functions may then decrypt with both, for what the secret holds may stay under the old one."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+)?)$", var.previous_kms_key_arn))
    error_message = "previous_kms_key_arn must be the ARN of a KMS key (not of an alias)"
  }
}

variable "fleet" {
  description = "Empty, or a word. Then the function may also rotate every other secret and user in this account that carries the tag iam-key-rotator with this value, and whose name is that of its user's secret. Whoever may set tags decides what is in it."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_.:/=+@-]{0,128})$", var.fleet))
    error_message = "fleet must be empty or a word of up to 128 letters, digits and _.:/=+@-"
  }

  validation {
    condition     = var.fleet == "" || var.credential_source == "execution-role"
    error_message = "fleet needs credential_source execution-role; for an administrator, a role or a user's own key use the module once for each secret"
  }
}

# Whose credentials manage the user's keys

variable "credential_source" {
  description = "execution-role (recommended): the function's own role. administrator: the access key in another secret. own-key: the user's current key. another-account: a role, usually in the account where the user is."
  type        = string
  default     = "execution-role"
  nullable    = false

  validation {
    condition     = contains(["execution-role", "administrator", "own-key", "another-account"], var.credential_source)
    error_message = "credential_source must be one of execution-role, administrator, own-key, another-account"
  }
}

variable "administrator_secret_arn" {
  description = "For administrator, the full ARN of the secret that holds the administrator's access key."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6})?)$", var.administrator_secret_arn))
    error_message = "administrator_secret_arn must be the full ARN of a secret, with the six characters at its end"
  }

  validation {
    condition     = var.credential_source != "administrator" || var.administrator_secret_arn != ""
    error_message = "credential_source administrator needs administrator_secret_arn, the secret with the administrator's access key"
  }

  validation {
    condition     = var.credential_source == "administrator" || (var.administrator_secret_arn == "" && var.administrator_kms_key_arn == "")
    error_message = "administrator_secret_arn and administrator_kms_key_arn are for credential_source administrator alone"
  }
}

variable "administrator_kms_key_arn" {
  description = "For administrator, the ARN of the customer managed KMS key that encrypts the administrator's secret, if there is one."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+)?)$", var.administrator_kms_key_arn))
    error_message = "administrator_kms_key_arn must be the ARN of a KMS key (not of an alias)"
  }
}

variable "role_arn" {
  description = "For another-account, the ARN of the role that the function assumes."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:iam::\\d{12}:role/[A-Za-z0-9+=.@_/-]+)?)$", var.role_arn)) && length(var.role_arn) <= 256
    error_message = "role_arn must be the ARN of an IAM role, of 256 characters at most (it is stored as a tag)"
  }

  validation {
    condition     = var.credential_source != "another-account" || var.role_arn != ""
    error_message = "credential_source another-account needs role_arn, the role that the function assumes"
  }

  validation {
    condition     = var.credential_source == "another-account" || (var.role_arn == "" && var.external_id == "")
    error_message = "role_arn and external_id are for credential_source another-account alone"
  }
}

variable "external_id" {
  description = "For another-account, the external id that the role's trust policy asks for, if it asks for one. It is no secret, and is stored as a tag."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9+=.@:/_-]{2,256})?)$", var.external_id))
    error_message = "external_id must be 2 to 256 letters, digits and +=.@:/_-"
  }
}
