variable "domains" {
  description = "Domains: the API that each leads to, and the hosted zone of Route 53 that it is in; null where DNS is elsewhere."
  type = map(object({
    api_id  = string
    zone_id = optional(string)
  }))

  validation {
    condition     = alltrue([for name in keys(var.domains) : length(name) <= 64])
    error_message = "The domain of a certificate must have at most 64 characters."
  }
}

variable "issued" {
  description = "Domains whose certificate is issued, and whether each may get its record in Route 53: no other record has the name."
  type        = map(bool)
  default     = {}
}
