variable "name" {
  description = "Name of the topic."
  type        = string
}

variable "retries" {
  description = "Deliveries of a message before it goes to the dead-letter queue."
  type        = number
  default     = 5

  validation {
    condition     = var.retries >= 1 && var.retries <= 1000
    error_message = "A message must be delivered 1 to 1000 times before it is given up."
  }
}

variable "listeners" {
  description = "Who listens: names of its queues, and how long a message that was received stays hidden from others."
  type = map(object({
    queue                      = string
    dead_letter_queue          = string
    visibility_timeout_seconds = optional(number, 120)
  }))
  default = {}

  validation {
    condition     = alltrue([for l in var.listeners : l.visibility_timeout_seconds >= 0 && l.visibility_timeout_seconds <= 43200])
    error_message = "A received message can stay hidden for at most 12 hours (43200 seconds)."
  }
}
