variable "name" {
  description = "Name of the user pool."
  type        = string
}

variable "clients" {
  description = "Applications that users sign in from."
  type        = set(string)

  validation {
    condition     = length(var.clients) > 0
    error_message = "There must be at least one client, or nobody can sign in."
  }
}

variable "groups" {
  description = "Groups of users; their names stand in the tokens."
  type        = set(string)
  default     = []
}

variable "scopes" {
  description = "Custom scopes of the API, without their prefix."
  type        = set(string)
  default     = []
}

variable "scope_prefix" {
  description = "What scopes begin with in a token: `<prefix>/<scope>`."
  type        = string
  default     = "api"
}

variable "protected" {
  description = "Whether AWS refuses to delete the pool with its users."
  type        = bool
  default     = true
}
