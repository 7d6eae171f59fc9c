variable "name" {
  description = "Name of the function."
  type        = string

  validation {
    condition     = length(var.name) <= 64
    error_message = "The name of a function must have at most 64 characters."
  }
}

variable "code" {
  description = "What runs it, and with what."
  type = object({
    runtime         = optional(string, "python3.12")
    handler         = optional(string, "main.handler")
    memory_mb       = optional(number, 256)
    timeout_seconds = optional(number, 30)
    architecture    = optional(string, "x86_64")
  })
  default = {}

  validation {
    condition     = var.code.timeout_seconds >= 1 && var.code.timeout_seconds <= 900
    error_message = "A function runs for at most 900 seconds."
  }

  validation {
    condition     = contains(["x86_64", "arm64"], var.code.architecture)
    error_message = "An architecture must be x86_64 or arm64."
  }
}

variable "roles" {
  description = "Names of the function's role, and of the role that its schedule invokes it with."
  type = object({
    function = string
    schedule = optional(string)
  })
}

variable "environment" {
  description = "Plain settings; never secrets."
  type        = map(string)
  default     = {}
}

variable "permissions" {
  description = "What the code may do in AWS."
  type = list(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = []

  validation {
    condition     = alltrue([for p in var.permissions : !contains(p.resources, "*") && !contains(p.actions, "*")])
    error_message = "A permission must name its actions and its resources."
  }
}

variable "network" {
  description = "The network and what the function connects to in it: the security group that guards each database and cache, and its port; null if there is nothing."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
    reaches = map(object({
      security_group_id = string
      port              = number
    }))
  })
  default = null
}

variable "api" {
  description = "The API, and its authorizer (null if there are no users); needed by a function with routes."
  type = object({
    id            = string
    execution_arn = string
    authorizer_id = optional(string)
  })
  default = null
}

variable "routes" {
  description = "Routes (`METHOD /path`), whether each needs a valid token, and the scopes of which it needs one."
  type = map(object({
    auth   = optional(bool, false)
    scopes = optional(list(string), [])
  }))
  default = {}

  validation {
    condition     = alltrue([for key, route in var.routes : route.auth || length(route.scopes) == 0])
    error_message = "A route with scopes must ask for a token: set `auth`."
  }
}

variable "queues" {
  description = "ARN of each queue whose messages invoke the function, by its topic."
  type        = map(string)
  default     = {}
}

variable "schedule" {
  description = "When it runs by itself: name of the schedule, and an expression of EventBridge Scheduler."
  type = object({
    name       = string
    expression = string
  })
  default = null

  validation {
    condition     = var.schedule == null || can(regex("^(rate|cron|at)\\(.+\\)$", var.schedule.expression))
    error_message = "A schedule must be a rate(…), cron(…) or at(…) expression."
  }
}

variable "concurrency" {
  description = "Invocations at once that are reserved for it, and the most it may have; -1 reserves none."
  type        = number
  default     = -1
}

variable "logs" {
  description = "Log group of the function, and for how many days it is kept."
  type = object({
    group = string
    days  = optional(number, 30)
  })
}
