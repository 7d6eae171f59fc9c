# Every resource type that Homeport emits, and the ones that are next, with the arguments that Terraform reads back.
#
# `changed = true` is a second day: as many arguments as can change in place do. The account has to end up as declared
# both times, which the next plan proves.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6"
    }
  }

  backend "s3" {
    bucket         = "gate-state"
    key            = "gate/terraform.tfstate"
    region         = "eu-west-1"
    encrypt        = true
    use_lockfile   = true
    use_path_style = true

    assume_role = {
      role_arn = "arn:aws:iam::100000000001:role/homeport-apply"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["100000000001"]
  s3_use_path_style   = true

  assume_role {
    role_arn     = "arn:aws:iam::100000000001:role/homeport-apply"
    session_name = "gate"
  }

  default_tags {
    tags = { "homeport:platform" = "gate", "homeport:day" = var.changed ? "second" : "first" }
  }
}

variable "changed" {
  type    = bool
  default = false
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

data "aws_availability_zones" "this" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  name    = "gate"
  account = data.aws_caller_identity.this.account_id
  day     = var.changed ? 2 : 1
}
