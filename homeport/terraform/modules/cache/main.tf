# A Valkey cache that only named services reach, over TLS.

locals {
  # Address and port together, as only the finished cache tells them. Terraform passes on an output that it knows when
  # it plans, and the port alone would be the one that was asked for.
  endpoint = "${aws_elasticache_replication_group.this.primary_endpoint_address}:${aws_elasticache_replication_group.this.port}"
}

resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}."
  subnet_ids  = var.network.subnet_ids
}

# Without rules: each service that uses the cache adds one for itself.
resource "aws_security_group" "this" {
  name        = "${var.name}-cache"
  description = "Who may connect to ${var.name}."
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-cache" }
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31: TLS is on. A token would be one more secret in every service for what the security group already ensures: only services that use this cache reach it.
  #checkov:skip=CKV_AWS_191: Encrypted with AWS's own key; a cache holds nothing that is not elsewhere.
  #checkov:skip=CKV2_AWS_50: Failover needs a replica; `replicas` asks for it.
  replication_group_id = var.name
  description          = "Cache ${var.name}."
  engine               = "valkey"
  engine_version       = var.engine_version
  parameter_group_name = "default.valkey${split(".", var.engine_version)[0]}"
  node_type            = var.size
  port                 = 6379

  num_cache_clusters         = 1 + var.replicas
  automatic_failover_enabled = var.replicas > 0
  multi_az_enabled           = var.replicas > 0

  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.this.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"

  auto_minor_version_upgrade = true
  maintenance_window         = "sun:03:30-sun:04:30"
  apply_immediately          = true

  lifecycle {
    ignore_changes = [port] # the one it has; another one would replace the cache
  }
}
