# A PostgreSQL instance that only named services reach, and its URL for them, without its password in any state file.
#
# The password is made once and stored as a parameter first; database and URL then read it from there. If an apply stops
# half way, the next one goes on with the same password.

locals {
  # Extensions that PostgreSQL has to load at start.
  preloaded = setintersection(var.extensions, ["auto_explain", "pg_cron", "pg_hint_plan", "pg_prewarm", "pgaudit"])
  major     = split(".", var.engine_version)[0]
}

ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = 40
  exclude_punctuation = true # it stands in a URL
}

resource "aws_ssm_parameter" "password" {
  #checkov:skip=CKV_AWS_337: SecureString is encrypted with AWS's own key of the account; a key of our own costs $1 a month and lets the same principals in.
  name             = "${var.parameter_path}/PASSWORD"
  description      = "Password of ${var.username} in ${var.name}."
  type             = "SecureString"
  value_wo         = ephemeral.aws_secretsmanager_random_password.this.random_password
  value_wo_version = var.password_version
}

ephemeral "aws_ssm_parameter" "password" {
  arn = aws_ssm_parameter.password.arn
}

resource "aws_ssm_parameter" "url" {
  #checkov:skip=CKV_AWS_337: See above.
  name        = "${var.parameter_path}/URL"
  description = "URL of the database ${var.database} in ${var.name}."
  type        = "SecureString"
  value_wo = format(
    "postgres://%s:%s@%s:%d/%s",
    var.username, ephemeral.aws_ssm_parameter.password.value,
    aws_db_instance.this.address, aws_db_instance.this.port, var.database,
  )
  value_wo_version = var.password_version
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}."
  subnet_ids  = var.network.subnet_ids
}

# Without rules: each service that uses the database adds one for itself.
resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "Who may connect to ${var.name}."
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-${local.major}"
  description = "Settings of ${var.name}."
  family      = "postgres${local.major}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # milliseconds
  }

  dynamic "parameter" {
    for_each = length(var.extensions) > 0 ? [join(",", sort(var.extensions))] : []

    content {
      name  = "rds.allowed_extensions"
      value = parameter.value
    }
  }

  dynamic "parameter" {
    for_each = length(local.preloaded) > 0 ? [join(",", concat(["pg_stat_statements"], sort(local.preloaded)))] : []

    content {
      name         = "shared_preload_libraries"
      value        = parameter.value
      apply_method = "pending-reboot"
    }
  }

  lifecycle {
    create_before_destroy = true # a new major version needs its group before the old one can go
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118: Enhanced monitoring is billed as logs; CloudWatch's own metrics of the instance are free.
  #checkov:skip=CKV_AWS_133: Backups are kept for `availability.backup_days`, at least one; the check does not follow the variable.
  #checkov:skip=CKV_AWS_157: A standby doubles the price; `availability: high` asks for it.
  #checkov:skip=CKV_AWS_161: Applications sign in with a password over TLS; tokens that last 15 minutes break Django's pooled connections.
  #checkov:skip=CKV_AWS_293: Protection is on unless the environment says otherwise or a destroy names this database.
  #checkov:skip=CKV_AWS_353: Performance Insights is replaced by Database Insights, which is billed per vCPU.
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.size

  db_name             = var.database
  username            = var.username
  password_wo         = ephemeral.aws_ssm_parameter.password.value
  password_wo_version = var.password_version

  allocated_storage     = var.storage.gb
  max_allocated_storage = var.storage.max_gb
  storage_type          = "gp3"
  storage_encrypted     = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  multi_az               = var.availability.standby

  parameter_group_name        = aws_db_parameter_group.this.name
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = true # only when engine_version says so

  backup_retention_period         = var.availability.backup_days
  backup_window                   = "02:00-03:00"
  maintenance_window              = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  deletion_protection       = var.deletion.protected
  delete_automated_backups  = !var.deletion.protected
  skip_final_snapshot       = var.deletion.final_snapshot == null
  final_snapshot_identifier = var.deletion.final_snapshot
}
