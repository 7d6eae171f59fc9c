variable "name" {
  description = "Name of the distribution's access to the bucket, and its comment."
  type        = string

  validation {
    condition     = length(var.name) <= 64
    error_message = "The name must have at most 64 characters."
  }
}

variable "bucket_domain_name" {
  description = "Regional host name of the bucket."
  type        = string
}

variable "index" {
  description = "Object that answers `/`; null if there is none."
  type        = string
  default     = null
}

variable "not_found" {
  description = "Object that answers where nothing is found; with status 200 if it is the index, as single-page sites need it."
  type        = string
  default     = null

  validation {
    condition     = !startswith(coalesce(var.not_found, "-"), "/")
    error_message = "The object must be named without a leading slash."
  }
}

variable "scheme" {
  description = "Scheme of the URL."
  type        = string
  default     = "https"

  validation {
    condition     = contains(["https", "http"], var.scheme)
    error_message = "The scheme must be https, or http where no TLS is in front (an emulated account on one machine)."
  }
}
