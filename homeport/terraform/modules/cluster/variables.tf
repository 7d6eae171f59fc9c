variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "repositories" {
  description = "Name of each service's repository, by the service."
  type        = map(string)
  default     = {}
}

variable "images_kept" {
  description = "Images kept in each repository; older ones are deleted."
  type        = number
  default     = 100

  validation {
    condition     = var.images_kept >= 10
    error_message = "At least 10 images must be kept, or there is nothing to roll back to."
  }
}

variable "protected" {
  description = "Whether repositories can only be deleted when they are empty."
  type        = bool
  default     = true
}
