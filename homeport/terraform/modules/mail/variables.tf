variable "name" {
  description = "Name of the configuration set."
  type        = string
}

variable "domain" {
  description = "Domain that mail comes from."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z0-9-]+$", var.domain))
    error_message = "The domain must be written in lower case, such as example.com."
  }
}
