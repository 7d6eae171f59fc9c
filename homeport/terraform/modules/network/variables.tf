variable "name" {
  description = "Name of the network and prefix of its parts."
  type        = string
}

variable "region" {
  description = "Region, such as eu-west-1."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "The network must be an IPv4 block of /20 or larger, such as 10.0.0.0/16."
  }
}

variable "zones" {
  description = "Number of availability zones."
  type        = number
  default     = 2

  validation {
    condition     = var.zones >= 2 && var.zones <= 3
    error_message = "The network must span 2 or 3 zones; RDS needs at least 2."
  }
}

variable "nat_gateway_per_zone" {
  description = "Whether each zone has a NAT gateway of its own, so that the loss of a zone leaves the others online."
  type        = bool
  default     = false
}
