# RDS and ElastiCache, with passwords that are in no state file; parameters and secrets.

ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = 40
  exclude_punctuation = true
}

resource "aws_ssm_parameter" "secret" {
  name             = "/gate/PASSWORD"
  description      = "Day ${local.day}."
  type             = "SecureString"
  value_wo         = ephemeral.aws_secretsmanager_random_password.this.random_password
  value_wo_version = local.day
}

ephemeral "aws_ssm_parameter" "secret" {
  arn = aws_ssm_parameter.secret.arn
}

resource "aws_ssm_parameter" "plain" {
  name  = "/gate/PLAIN"
  type  = "String"
  value = "day ${local.day}"
}

resource "aws_db_subnet_group" "this" {
  name        = "gate"
  description = "Private subnets, day ${local.day}."
  subnet_ids  = aws_subnet.private[*].id
}

resource "aws_db_parameter_group" "this" {
  name        = "gate-16"
  description = "Settings."
  family      = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = 1000 * local.day
  }

  parameter {
    name         = "shared_preload_libraries"
    value        = var.changed ? "pg_stat_statements,pgaudit" : "pg_stat_statements"
    apply_method = "pending-reboot"
  }

  dynamic "parameter" {
    for_each = var.changed ? [] : ["1"] # taken away again

    content {
      name  = "log_connections"
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier     = "gate"
  engine         = "postgres"
  engine_version = "16"
  instance_class = var.changed ? "db.t4g.small" : "db.t4g.micro"

  db_name             = "gate"
  username            = "gate"
  password_wo         = ephemeral.aws_ssm_parameter.secret.value
  password_wo_version = local.day

  allocated_storage     = 20 * local.day
  max_allocated_storage = 100 * local.day
  storage_type          = "gp3"
  storage_encrypted     = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.inside.id]
  publicly_accessible    = false
  multi_az               = var.changed

  parameter_group_name        = aws_db_parameter_group.this.name
  ca_cert_identifier          = var.changed ? "rds-ca-rsa4096-g1" : null
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = true
  apply_immediately           = true

  performance_insights_enabled          = !var.changed
  performance_insights_retention_period = var.changed ? null : 7

  backup_retention_period         = 7 * local.day
  backup_window                   = "02:00-03:00"
  maintenance_window              = var.changed ? "mon:03:30-mon:04:30" : "sun:03:30-sun:04:30"
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = var.changed ? ["postgresql"] : ["postgresql", "upgrade"]

  deletion_protection       = false
  delete_automated_backups  = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "gate-final"
}

resource "aws_elasticache_subnet_group" "this" {
  name        = "gate"
  description = "Private subnets, day ${local.day}."
  subnet_ids  = aws_subnet.private[*].id
}

resource "aws_elasticache_parameter_group" "this" {
  name        = "gate"
  family      = "valkey8"
  description = "Settings."

  parameter {
    name  = "maxmemory-policy"
    value = var.changed ? "allkeys-lfu" : "allkeys-lru"
  }
}

# With a replica and a parameter group of its own.
resource "aws_elasticache_replication_group" "replicated" {
  replication_group_id       = "gate-replicated"
  description                = "Day ${local.day}."
  engine                     = "valkey"
  engine_version             = "8.0"
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  node_type                  = var.changed ? "cache.t4g.small" : "cache.t4g.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.inside.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auto_minor_version_upgrade = true
  maintenance_window         = var.changed ? "mon:03:30-mon:04:30" : "sun:03:30-sun:04:30"
  snapshot_retention_limit   = local.day
  snapshot_window            = "00:00-01:00"
  apply_immediately          = true

  lifecycle {
    ignore_changes = [port] # on one machine, each cache listens on a port of its own
  }
}

# A single node that becomes two.
resource "aws_elasticache_replication_group" "single" {
  replication_group_id       = "gate-single"
  description                = "Grows."
  engine                     = "redis"
  engine_version             = "7.1"
  parameter_group_name       = "default.redis7"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = local.day
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.inside.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  apply_immediately          = true

  lifecycle {
    ignore_changes = [port]
  }
}

resource "aws_kms_key" "this" {
  description             = "Day ${local.day}."
  deletion_window_in_days = 7
  enable_key_rotation     = !var.changed
}

resource "aws_kms_alias" "this" {
  name          = "alias/gate"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_secretsmanager_secret" "this" {
  name                    = "gate/secret"
  description             = "Day ${local.day}."
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.this.random_password
  secret_string_wo_version = local.day
}
