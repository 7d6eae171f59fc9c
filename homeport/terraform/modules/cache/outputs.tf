output "url" {
  description = "URL of the primary; the cache has no password."
  value       = "rediss://${local.endpoint}/0"
}

output "port" {
  description = "Port of the cache."
  value       = tonumber(split(":", local.endpoint)[1])
}

output "security_group_id" {
  description = "Group to which those who may connect add a rule."
  value       = aws_security_group.this.id
}
