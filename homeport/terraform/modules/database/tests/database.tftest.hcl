# Terraform cannot mock ephemeral resources yet, so the provider is a real one: it only plans, and asks whatever answers at
# AWS_ENDPOINT_URL for a random password. Nothing else is called.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name           = "shop-prod-main"
  database       = "main"
  parameter_path = "/homeport/prod/databases/main"
  engine_version = "16"
  size           = "db.t4g.micro"

  network = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
  }

  storage = {
    gb     = 20
    max_gb = 80
  }

  deletion = {
    final_snapshot = "shop-prod-main-final"
  }
}

run "the_password_is_in_no_state" {
  command = plan

  assert {
    condition     = aws_db_instance.this.password == null && aws_db_instance.this.password_wo == null
    error_message = "The instance's password must be write-only."
  }

  assert {
    condition     = aws_ssm_parameter.url.value_wo == null && aws_ssm_parameter.password.value_wo == null
    error_message = "The parameters' values must be write-only."
  }

  assert {
    condition     = aws_ssm_parameter.url.type == "SecureString" && aws_ssm_parameter.url.name == "/homeport/prod/databases/main/URL"
    error_message = "The URL must be a SecureString in the given path."
  }
}

run "it_is_encrypted_private_and_over_tls_only" {
  command = plan

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.storage_type == "gp3"
    error_message = "Storage must be encrypted gp3, and the instance private."
  }

  assert {
    condition     = one([for p in aws_db_parameter_group.this.parameter : p.value if p.name == "rds.force_ssl"]) == "1"
    error_message = "Connections without TLS must be refused."
  }
}

run "it_is_protected_by_default_and_leaves_a_snapshot" {
  command = plan

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "The instance must refuse to be deleted, and take a final snapshot."
  }

  assert {
    condition     = aws_db_instance.this.final_snapshot_identifier == "shop-prod-main-final" && aws_db_instance.this.backup_retention_period == 7
    error_message = "The snapshot must have the given name, and backups must be kept for a week."
  }
}

run "protection_can_be_taken_off_without_losing_the_final_snapshot" {
  command = plan

  variables {
    deletion = {
      protected      = false
      final_snapshot = "shop-prod-main-final-20260101"
    }
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.final_snapshot_identifier == "shop-prod-main-final-20260101"
    error_message = "An unprotected instance must still take its snapshot."
  }
}

run "named_extensions_are_the_only_ones_allowed_and_are_preloaded_where_needed" {
  command = plan

  variables {
    extensions = ["pg_trgm", "pgaudit"]
  }

  assert {
    condition     = one([for p in aws_db_parameter_group.this.parameter : p.value if p.name == "rds.allowed_extensions"]) == "pg_trgm,pgaudit"
    error_message = "Only the named extensions may be created."
  }

  assert {
    condition     = one([for p in aws_db_parameter_group.this.parameter : p.value if p.name == "shared_preload_libraries"]) == "pg_stat_statements,pgaudit"
    error_message = "pgaudit must be loaded at start, beside what RDS loads anyway."
  }
}

run "a_protected_database_without_a_final_snapshot_is_refused" {
  command = plan

  variables {
    deletion = {
      protected = true
    }
  }

  expect_failures = [var.deletion]
}

run "a_version_that_rds_does_not_have_is_refused" {
  command = plan

  variables {
    engine_version = "9.6"
  }

  expect_failures = [var.engine_version]
}
