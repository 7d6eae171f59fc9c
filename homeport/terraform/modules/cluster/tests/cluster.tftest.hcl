mock_provider "aws" {}

variables {
  name         = "shop-prod"
  repositories = { web = "shop-prod/web" }
}

run "images_cannot_be_replaced_and_are_scanned" {
  assert {
    condition     = aws_ecr_repository.this["web"].image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this["web"].image_scanning_configuration[0].scan_on_push
    error_message = "A tag must name one image for ever, and images must be scanned."
  }
}

run "old_images_are_deleted_but_enough_are_kept_to_roll_back" {
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this["web"].policy).rules[0].selection.countNumber == 100
    error_message = "The last 100 images must be kept."
  }
}

run "a_protected_repository_goes_only_when_it_is_empty" {
  assert {
    condition     = !aws_ecr_repository.this["web"].force_delete
    error_message = "A protected repository must not be deleted with its images."
  }
}

run "keeping_too_few_images_is_refused" {
  command = plan

  variables {
    images_kept = 1
  }

  expect_failures = [var.images_kept]
}
