mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = {
      arn                         = "arn:aws:s3:::shop-prod-pictures-123456789012"
      bucket_regional_domain_name = "shop-prod-pictures-123456789012.s3.eu-west-1.amazonaws.com"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }
}

variables {
  name = "shop-prod-pictures-123456789012"
}

run "it_is_private_versioned_and_encrypted" {
  assert {
    condition = (
      aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy &&
      aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    )
    error_message = "Every kind of public access must be blocked."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Objects must be versioned."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Objects must be encrypted."
  }
}

run "objects_are_kept_unless_they_expire" {
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0 && !aws_s3_bucket.this.force_destroy
    error_message = "Nothing may be deleted by itself, or with the bucket."
  }
}

run "expired_objects_are_deleted_with_their_old_versions" {
  variables {
    expire_days = 30
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this["expire"].rule[0].expiration).days == 30 && one(aws_s3_bucket_lifecycle_configuration.this["expire"].rule[0].noncurrent_version_expiration).noncurrent_days == 30
    error_message = "Objects and old versions must go after 30 days."
  }
}

run "each_distribution_has_a_statement_of_its_own" {
  variables {
    distribution_arns = ["arn:aws:cloudfront::123456789012:distribution/E1", "arn:aws:cloudfront::123456789012:distribution/E2"]
  }

  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 3
    error_message = "There must be one statement about TLS and one for each distribution."
  }

  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.this.statement : s.effect == "Deny" || length(s.condition) == 1])
    error_message = "Whoever is let in must be named in a condition."
  }
}

run "a_name_that_s3_would_refuse_is_refused" {
  command = plan

  variables {
    name = "Shop_Pictures"
  }

  expect_failures = [var.name]
}
