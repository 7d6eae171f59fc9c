variable "name" {
  description = "Name of the API and prefix of its parts."
  type        = string
}

variable "network" {
  description = "Where the load balancer is: the network, its addresses and its private subnets."
  type = object({
    vpc_id     = string
    vpc_cidr   = string
    subnet_ids = list(string)
  })
}

variable "load_balancers" {
  description = "Name of each load balancer, by its number; one has room for 50 services."
  type        = map(string)

  validation {
    condition     = alltrue([for name in values(var.load_balancers) : length(name) <= 32])
    error_message = "The name of a load balancer must have at most 32 characters."
  }
}

variable "listener_ports" {
  description = "Ports on which services may have listeners."
  type = object({
    from = number
    to   = number
  })
  default = {
    from = 10000
    to   = 10999
  }
}

variable "tokens" {
  description = "Issuer and audience of the tokens that routes may ask for; null if there are no users."
  type = object({
    issuer   = string
    audience = list(string)
  })
  default = null
}

variable "cors_origins" {
  description = "Origins of websites whose scripts may call the API."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.cors_origins, "*")
    error_message = "Origins must be named; `*` would let every website call the API."
  }
}

variable "throttling" {
  description = "Requests per second, and at once, beyond which the API answers 429."
  type = object({
    requests_per_second = optional(number, 1000)
    burst               = optional(number, 2000)
  })
  default = {}
}

variable "log_group" {
  description = "Log group of the access log."
  type        = string
}

variable "log_days" {
  description = "Days for which the access log is kept."
  type        = number
  default     = 30
}
