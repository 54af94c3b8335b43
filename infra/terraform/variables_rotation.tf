# When the secret is rotated

variable "schedule" {
  description = "How often, as rate(30 days), rate(12 hours) or cron(0 4 1 * ? *), in UTC. Four hours apart at least."
  type        = string
  default     = "rate(30 days)"
  nullable    = false

  validation {
    condition     = can(regex("^(?:rate\\(([4-9]|[1-9]\\d{1,2}) hours\\)|rate\\(1 day\\)|rate\\(([2-9]|[1-9]\\d{1,2}) days\\)|cron\\(0 ([01]?\\d|2[0-3]|([01]?\\d|2[0-3]|\\*)?/([4-9]|1\\d|2[0-3])) [^ )]+ [^ )]+ [^ )]+ \\*\\))$", var.schedule))
    error_message = "schedule must be rate(N hours) with 4 hours or more, rate(N days), or cron(0 HOUR DAY MONTH WEEKDAY *) at most every 4 hours"
  }
}

variable "window" {
  description = "How many hours after the scheduled time the rotation may begin, such as 3h. It must not reach into the next UTC day or the next window: 2h at most for cron(0 22 * * ? *)."
  type        = string
  default     = "3h"
  nullable    = false

  validation {
    condition     = can(regex("^(?:([1-9]|1\\d|2[0-4])h)$", var.window))
    error_message = "window must be 1h to 24h"
  }

  validation {
    condition     = try(tonumber(regex("^(\\d+)h$", var.window)[0]), 0) <= local.longest_window
    error_message = "window must be no longer than the hours between two rotations, and must end within the UTC day"
  }
}

# What Secrets Manager takes (fact 58), for a schedule that is allowed.
locals {
  rate_hours     = try(tonumber(regex("^rate\\(([4-9]|\\d\\d) hours\\)$", var.schedule)[0]), 24)
  first_hour     = try(tonumber(regex("^cron\\(0 ([01]?\\d|2[0-3])[ /]", var.schedule)[0]), 0)
  every_hours    = try(tonumber(regex("^cron\\(0 [^ /]*/([4-9]|1\\d|2[0-3]) ", var.schedule)[0]), 24)
  last_hour      = local.first_hour + local.every_hours * floor((23 - local.first_hour) / local.every_hours)
  longest_window = min(local.rate_hours, local.every_hours, 24 - local.last_hour)
}

variable "rotate_at_once" {
  description = "true, rotate as soon as the schedule is attached, and whenever it is changed; false, only look whether a rotation would work."
  type        = bool
  default     = true
  nullable    = false
}

# What becomes of a key that was replaced or exposed

variable "retire_after" {
  description = "How long the key that was replaced stays active, such as 12h or 7days. It must be longer than your consumers hold a key. Empty leaves out the keeper, which deactivates it; then the next rotation takes it away."
  type        = string
  default     = "7days"
  nullable    = false

  validation {
    condition     = can(regex("^(?:(([6-9]\\d|[1-9]\\d{2,4})m(in(utes?)?)?|[1-9]\\d{0,3}h(ours?)?|[1-9]\\d{0,2}d(ays?)?|[1-9]\\d?w(eeks?)?)?)$", var.retire_after))
    error_message = "retire_after must be empty or a duration of one hour at least, such as 90m, 12h, 7days or 1week"
  }
}

variable "revoke_exposed_keys" {
  description = "What AWS's reports of exposed keys do. no: the keeper does not get them. report: a notification and an alarm. revoke: the keeper also rotates the secret and deactivates the key."
  type        = string
  default     = "report"
  nullable    = false

  validation {
    condition     = contains(["no", "report", "revoke"], var.revoke_exposed_keys)
    error_message = "revoke_exposed_keys must be one of no, report, revoke"
  }

  validation {
    condition     = var.retire_after != "" || var.revoke_exposed_keys != "revoke"
    error_message = "revoke_exposed_keys = revoke needs retire_after, for without it the module has no keeper, which revokes"
  }
}

variable "revoke" {
  description = "In which order the keeper revokes a key that consumers use. rotate-first: they get a new one before it is deactivated. at-once: it is deactivated first, and they are refused until the rotation is done."
  type        = string
  default     = "rotate-first"
  nullable    = false

  validation {
    condition     = contains(["rotate-first", "at-once"], var.revoke)
    error_message = "revoke must be one of rotate-first, at-once"
  }

  validation {
    condition     = var.retire_after != "" || var.revoke == "rotate-first"
    error_message = "revoke = at-once needs retire_after, for without it the module has no keeper, which revokes"
  }
}

# The function

variable "architecture" {
  description = "The processor that the functions run on. arm64 is the cheaper one."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be one of arm64, x86_64"
  }
}

variable "memory_size" {
  description = "Megabytes of memory."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size must be a whole number from 128 to 10240"
  }
}

variable "timeout" {
  description = "Seconds that one step may take."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.timeout >= 6 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout must be a whole number from 6 to 900"
  }
}

variable "delete_key_in_use" {
  description = "Whether a key that was used lately may be deleted to make room. previous, only AWSPREVIOUS's; never, not even that; any, whichever is not protected."
  type        = string
  default     = "previous"
  nullable    = false

  validation {
    condition     = contains(["previous", "never", "any"], var.delete_key_in_use)
    error_message = "delete_key_in_use must be one of previous, never, any"
  }
}

variable "in_use_window" {
  description = "A key that was used within this time is in use."
  type        = string
  default     = "24h"
  nullable    = false

  validation {
    condition     = can(regex("^(?:[1-9]\\d{0,3}(s|m|h|days))$", var.in_use_window))
    error_message = "in_use_window must be a duration such as 15m, 24h or 7days"
  }
}

variable "verify_timeout" {
  description = "How long a new key may take until it works. Shorter than timeout."
  type        = string
  default     = "60s"
  nullable    = false

  validation {
    condition     = can(regex("^(?:[1-9]\\d{0,2}(s|m))$", var.verify_timeout))
    error_message = "verify_timeout must be a duration such as 60s or 2m"
  }
}

# Logs and alarms

variable "log_retention_days" {
  description = "Days after which the functions' log lines are deleted."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the numbers of days that CloudWatch Logs takes"
  }
}

variable "alarm_topic" {
  description = "Empty, or the name of the SNS topic, in this account and Region, that alarms, failed rotations and exposed keys are sent to. Its policy must let cloudwatch.amazonaws.com and events.amazonaws.com publish."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_-]{0,256})$", var.alarm_topic))
    error_message = "alarm_topic must be empty or the name of a standard SNS topic in this account and Region, not an ARN"
  }
}

variable "overdue_check" {
  description = "aws-config, to be told when a scheduled rotation did not happen; needs an AWS Config recorder that records secrets in this Region."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "aws-config"], var.overdue_check)
    error_message = "overdue_check must be one of none, aws-config"
  }

  validation {
    condition     = var.overdue_check != "aws-config" || var.alarm_topic != ""
    error_message = "overdue_check needs alarm_topic, the topic that is told"
  }
}
