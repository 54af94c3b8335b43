# What differs from the defaults. Where one of these is empty, the function has no variable for it.

variable "username_field" {
  description = "Empty, or the name of the secret's field with the user's name. Empty, the function finds a field with a usual name, such as username or UserName."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.username_field))
    error_message = "username_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }

  validation {
    condition     = var.username_field == "" || !contains([var.access_key_field, var.secret_key_field, var.source_secret_field, var.role_field, var.external_id_field, var.smtp_password_field], var.username_field)
    error_message = "username_field names the same field as another parameter"
  }
}

variable "access_key_field" {
  description = "Empty, or the name of the field with the access key id. Empty, the function finds a field with a usual name, such as accesskey or AWS_ACCESS_KEY_ID."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.access_key_field))
    error_message = "access_key_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }

  validation {
    condition     = var.access_key_field == "" || !contains([var.secret_key_field, var.source_secret_field, var.role_field, var.external_id_field, var.smtp_password_field], var.access_key_field)
    error_message = "access_key_field names the same field as another parameter"
  }
}

variable "secret_key_field" {
  description = "Empty, or the name of the field with the secret access key. Empty, the function finds a field with a usual name, such as secretkey or SecretAccessKey."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.secret_key_field))
    error_message = "secret_key_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }

  validation {
    condition     = var.secret_key_field == "" || !contains([var.source_secret_field, var.role_field, var.external_id_field, var.smtp_password_field], var.secret_key_field)
    error_message = "secret_key_field names the same field as another parameter"
  }
}

variable "source_secret_field" {
  description = "Empty for secretarn, or the name of the field, and of the tag, with the ARN of the secret whose key manages the user's keys."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.source_secret_field))
    error_message = "source_secret_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }

  validation {
    condition     = var.source_secret_field == "" || !contains([var.role_field, var.external_id_field, var.smtp_password_field], var.source_secret_field)
    error_message = "source_secret_field names the same field as another parameter"
  }
}

variable "role_field" {
  description = "Empty for rolearn, or the name of the field, and of the tag, with the ARN of the role that the function assumes."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.role_field))
    error_message = "role_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }

  validation {
    condition     = var.role_field == "" || !contains([var.external_id_field, var.smtp_password_field], var.role_field)
    error_message = "role_field names the same field as another parameter"
  }
}

variable "external_id_field" {
  description = "Empty for externalid, or the name of the field, and of the tag, with the role's external id."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.external_id_field))
    error_message = "external_id_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }

  validation {
    condition     = var.external_id_field == "" || !contains([var.smtp_password_field], var.external_id_field)
    error_message = "external_id_field names the same field as another parameter"
  }
}

variable "smtp_password_field" {
  description = "Empty, or the name of the field for the password to the SMTP interface of Amazon SES that belongs to the access key."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9_.+@-]([A-Za-z0-9 _.+@-]{0,62}[A-Za-z0-9_.+@-])?)?)$", var.smtp_password_field))
    error_message = "smtp_password_field must be empty or a field's name (up to 64 letters, digits and _.+@-, and spaces between them)"
  }
}

variable "smtp_region" {
  description = "Empty, or the Region of Amazon SES that the SMTP password is for."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([a-z]{2}(-[a-z]+)+-\\d)?)$", var.smtp_region))
    error_message = "smtp_region must be empty or the name of a Region, such as eu-west-1"
  }
}

variable "verify_smtp" {
  description = "off, the SMTP password is stored without having been tried at Amazon SES."
  type        = string
  default     = "on"
  nullable    = false

  validation {
    condition     = contains(["on", "off"], var.verify_smtp)
    error_message = "verify_smtp must be one of on, off"
  }
}

variable "verify_successes" {
  description = "How many times in a row, a second apart, a new key must work, 1 to 20. It takes less than verify_timeout."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.verify_successes >= 1 && var.verify_successes <= 20 && floor(var.verify_successes) == var.verify_successes
    error_message = "verify_successes must be a whole number from 1 to 20"
  }
}

variable "subnet_ids" {
  description = "Empty, or the private subnets that both functions call AWS from. Their routes must lead to AWS IAM, AWS STS and Secrets Manager."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) <= 16 && alltrue([for one in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", one))])
    error_message = "subnet_ids must be empty or up to 16 ids of subnets, such as subnet-0123456789abcdef0"
  }

  validation {
    condition     = (length(var.subnet_ids) == 0) == (length(var.security_group_ids) == 0)
    error_message = "subnet_ids and security_group_ids belong together, so give both or neither"
  }
}

variable "security_group_ids" {
  description = "For subnet_ids, the security groups of both functions. They must let HTTPS out."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) <= 5 && alltrue([for one in var.security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", one))])
    error_message = "security_group_ids must be empty or up to five ids of security groups, such as sg-0123456789abcdef0"
  }
}

variable "https_proxy" {
  description = "Empty, or the proxy to AWS, as in http://proxy.example.com:3128. Without a user and a password, for whoever may look at the function sees its environment."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:(https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:\\d{1,5})?/?)?)$", var.https_proxy)) && length(var.https_proxy) <= 256
    error_message = "https_proxy must be empty, http://HOST:PORT or https://HOST:PORT, without a user and a password"
  }
}

variable "no_proxy" {
  description = "Empty, or the hosts that are reached without the proxy, with commas between them, as in .vpce.amazonaws.com,10.0.0.0/8."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9.*_:/\\[\\]-]+(, ?[A-Za-z0-9.*_:/\\[\\]-]+)*)?)$", var.no_proxy)) && length(var.no_proxy) <= 1024
    error_message = "no_proxy must be empty, or host names, domains and networks with commas between them"
  }

  validation {
    condition     = var.no_proxy == "" || var.https_proxy != ""
    error_message = "no_proxy needs https_proxy, the proxy that these hosts are reached without"
  }
}

variable "ca_bundle" {
  description = "Empty, or the path of a PEM file with the certificates that TLS trusts in place of the system's. It is in the package (below /var/task) or in a layer (below /opt), as /opt/ca.pem."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:((/[A-Za-z0-9_.+@-]+)+)?)$", var.ca_bundle)) && length(var.ca_bundle) <= 256
    error_message = "ca_bundle must be empty or an absolute path, such as /opt/ca.pem"
  }
}
