variable "name" {
  description = "Id of the replication group and prefix of its parts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name))
    error_message = "The name must be at most 40 lower case letters, digits and hyphens, and begin with a letter."
  }
}

variable "network" {
  description = "Where the cache is: the network and its private subnets."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })
}

variable "engine_version" {
  description = "Version of Valkey, with its minor version."
  type        = string
  default     = "8.0"
}

variable "size" {
  description = "Node type, such as cache.t4g.micro."
  type        = string
  default     = "cache.t4g.micro"

  validation {
    condition     = startswith(var.size, "cache.")
    error_message = "The size must be an ElastiCache node type, such as cache.t4g.micro."
  }
}

variable "replicas" {
  description = "Copies in other zones, one of which takes over when the primary fails."
  type        = number
  default     = 0

  validation {
    condition     = var.replicas >= 0 && var.replicas <= 5
    error_message = "A cache has 0 to 5 replicas."
  }
}
