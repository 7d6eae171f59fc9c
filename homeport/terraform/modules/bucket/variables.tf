variable "name" {
  description = "Name of the bucket, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The name must be 3 to 63 lower case letters, digits and hyphens."
  }
}

variable "expire_days" {
  description = "Days after which objects are deleted; null keeps them."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null || try(var.expire_days >= 1, false)
    error_message = "Objects can expire after 1 day at the earliest."
  }
}

variable "distribution_arns" {
  description = "CloudFront distributions that may read the objects."
  type        = list(string)
  default     = []
}

variable "protected" {
  description = "Whether the bucket can only be deleted when it is empty."
  type        = bool
  default     = true
}
