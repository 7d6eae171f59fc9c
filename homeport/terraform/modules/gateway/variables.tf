variable "name" {
  description = "Name of the VPC link and prefix of its parts."
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

variable "log_group" {
  description = "Log group of the access log of all APIs."
  type        = string
}

variable "log_days" {
  description = "Days for which the access log is kept."
  type        = number
  default     = 30
}
