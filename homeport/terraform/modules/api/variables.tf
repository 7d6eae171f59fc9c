variable "name" {
  description = "Name of the API."
  type        = string
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

variable "access_log_arn" {
  description = "ARN of the log group of the access log."
  type        = string
}
