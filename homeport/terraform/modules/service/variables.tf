variable "name" {
  description = "Name of the security group of its tasks."
  type        = string
}

variable "cluster_arn" {
  description = "ARN of the cluster."
  type        = string
}

variable "network" {
  description = "Where tasks run: the network and its private subnets."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
  })
}

variable "repository" {
  description = "Where images come from."
  type = object({
    url = string
    arn = string
  })
}

variable "roles" {
  description = "Names of the role that ECS uses to start tasks, of the role of the code in them, and of the role that the clock starts tasks with, if there is a schedule."
  type = object({
    execution = string
    task      = string
    schedule  = optional(string)
  })
}

variable "processes" {
  description = "Processes by name; one without `service` is only run when a deploy asks for it (the release phase), or by the clock: `schedule` names the schedule, and the family of the revisions that a deploy registers for it."
  type = map(object({
    family               = string
    command              = string
    service              = optional(string)
    cpu                  = optional(number, 256)
    memory_mb            = optional(number, 512)
    stop_timeout_seconds = optional(number, 30)
    architecture         = optional(string, "x86_64")
    scale = optional(object({
      min         = optional(number, 1)
      max         = optional(number, 1)
      cpu_percent = optional(number, 60)
    }), {})
    schedule = optional(object({
      name       = string
      family     = string
      expression = string
      timezone   = optional(string, "UTC")
      enabled    = optional(bool, true)
    }))
  }))

  validation {
    condition     = alltrue([for p in var.processes : contains([256, 512, 1024, 2048, 4096, 8192, 16384], p.cpu)])
    error_message = "Fargate has tasks of 256, 512, 1024, 2048, 4096, 8192 or 16384 CPU units."
  }

  validation {
    condition     = alltrue([for p in var.processes : contains(["x86_64", "arm64"], p.architecture)])
    error_message = "An architecture must be x86_64 or arm64."
  }

  validation {
    condition     = alltrue([for p in var.processes : p.scale.min <= p.scale.max])
    error_message = "A process must not have more tasks at least than at most."
  }

  validation {
    condition     = alltrue([for p in var.processes : p.schedule == null ? true : p.service == null && can(regex("^(rate|cron|at)\\(.+\\)$", p.schedule.expression))])
    error_message = "A process with a schedule must have no service, and its expression must be rate(…), cron(…) or at(…)."
  }
}

variable "web" {
  description = "How the load balancer reaches the process `web`; null if the service answers no requests."
  type = object({
    port                            = number
    target_group_arn                = string
    load_balancer_security_group_id = string
    grace_seconds                   = optional(number, 60)
  })
  default = null
}

variable "environment" {
  description = "Plain settings; never secrets."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Path of the service's own parameters, such as /homeport/prod/shop; and settings that are read from parameters elsewhere when a task starts: name and ARN."
  type = object({
    path       = string
    parameters = optional(map(string), {})
  })

  validation {
    condition     = startswith(var.secrets.path, "/") && !endswith(var.secrets.path, "/")
    error_message = "The path must begin with a slash and not end with one."
  }
}

variable "reaches" {
  description = "Databases and caches that the service connects to: the security group that guards each, and its port."
  type = map(object({
    security_group_id = string
    port              = number
  }))
  default = {}
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

variable "logs" {
  description = "Log group of the service, and for how many days it is kept."
  type = object({
    group = string
    days  = optional(number, 30)
  })
}
