variable "name" {
  description = "Name of the target group."
  type        = string

  validation {
    condition     = length(var.name) <= 32
    error_message = "The name of a target group must have at most 32 characters."
  }
}

variable "vpc_id" {
  description = "Id of the network."
  type        = string
}

variable "api" {
  description = "The API, its VPC link, and its authorizer (null if there are no users)."
  type = object({
    id            = string
    vpc_link_id   = string
    authorizer_id = optional(string)
  })
}

variable "load_balancer" {
  description = "The load balancer, and the port on it that is this service's own."
  type = object({
    arn  = string
    port = number
  })
}

variable "health" {
  description = "How the load balancer knows that a task can take requests."
  type = object({
    path             = optional(string, "/healthz")
    interval_seconds = optional(number, 15)
    timeout_seconds  = optional(number, 5)
  })
  default = {}

  validation {
    condition     = var.health.timeout_seconds < var.health.interval_seconds
    error_message = "A health check must time out before the next one begins."
  }
}

variable "routes" {
  description = "Routes (`METHOD /path`), whether each needs a valid token, and the scopes of which it needs one."
  type = map(object({
    auth   = optional(bool, false)
    scopes = optional(list(string), [])
  }))

  validation {
    condition     = alltrue([for key, route in var.routes : route.auth || length(route.scopes) == 0])
    error_message = "A route with scopes must ask for a token: set `auth`."
  }
}
