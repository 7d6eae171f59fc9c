variable "name" {
  description = "Identifier of the instance and prefix of its parts."
  type        = string
}

variable "database" {
  description = "Name of the database in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database))
    error_message = "The database's name must be lower case letters, digits and underscores, and begin with a letter."
  }
}

variable "username" {
  description = "User that owns the database."
  type        = string
  default     = "app"
}

variable "network" {
  description = "Where the instance is: the network and its private subnets."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })
}

variable "parameter_path" {
  description = "Path of the parameters that hold URL and PASSWORD, such as /homeport/prod/databases/main."
  type        = string

  validation {
    condition     = startswith(var.parameter_path, "/") && !endswith(var.parameter_path, "/")
    error_message = "The path must begin with a slash and not end with one."
  }
}

variable "engine_version" {
  description = "Major version of PostgreSQL; AWS chooses the minor one and keeps it current."
  type        = string

  validation {
    condition     = contains(["14", "15", "16", "17", "18"], var.engine_version)
    error_message = "The version must be a major version of PostgreSQL that RDS offers: 14 to 18."
  }
}

variable "size" {
  description = "Instance class, such as db.t4g.micro."
  type        = string

  validation {
    condition     = startswith(var.size, "db.")
    error_message = "The size must be an RDS instance class, such as db.t4g.micro."
  }
}

variable "storage" {
  description = "Storage in GB at first, and how far it may grow by itself."
  type = object({
    gb     = number
    max_gb = number
  })

  validation {
    condition     = var.storage.gb >= 20 && var.storage.max_gb >= ceil(var.storage.gb * 1.1)
    error_message = "The storage must be at least 20 GB, and its maximum at least 10 % more."
  }
}

variable "extensions" {
  description = "Extensions that may be created; empty allows all that RDS has."
  type        = set(string)
  default     = []
}

variable "availability" {
  description = "Whether a standby in another zone takes over, and for how many days backups are kept."
  type = object({
    standby     = optional(bool, false)
    backup_days = optional(number, 7)
  })
  default = {}

  validation {
    condition     = var.availability.backup_days >= 1 && var.availability.backup_days <= 35
    error_message = "Backups must be kept for 1 to 35 days."
  }
}

variable "deletion" {
  description = "Whether AWS refuses to delete the instance, and the name of the snapshot that is taken before (null: none)."
  type = object({
    protected      = optional(bool, true)
    final_snapshot = optional(string)
  })
  default = {}

  validation {
    condition     = !var.deletion.protected || var.deletion.final_snapshot != null
    error_message = "A protected database must have a final snapshot."
  }
}

variable "password_version" {
  description = "A higher number makes a new password."
  type        = number
  default     = 1
}
