output "url" {
  description = "URL of the primary; the cache has no password."
  value       = "rediss://${aws_elasticache_replication_group.this.primary_endpoint_address}:${aws_elasticache_replication_group.this.port}/0"
}

output "port" {
  description = "Port of the cache."
  value       = aws_elasticache_replication_group.this.port
}

output "security_group_id" {
  description = "Group to which those who may connect add a rule."
  value       = aws_security_group.this.id
}
