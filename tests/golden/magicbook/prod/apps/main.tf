# The stack apps of magicbook in prod. Written by Homeport from homeport.yml: change that, not this.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6"
    }
  }

  backend "s3" {
    bucket              = "magicbook-prod-terraform-210000000002"
    key                 = "apps/terraform.tfstate"
    region              = "eu-west-1"
    encrypt             = true
    use_lockfile        = true
    allowed_account_ids = ["210000000002"]
    assume_role = {
      role_arn = "arn:aws:iam::210000000002:role/homeport-apply"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["210000000002"]

  assume_role {
    role_arn     = "arn:aws:iam::210000000002:role/homeport-apply"
    session_name = "homeport"
  }

  default_tags {
    tags = {
      "homeport:platform"    = "magicbook"
      "homeport:environment" = "prod"
      "homeport:stack"       = "apps"
    }
  }
}

data "terraform_remote_state" "foundation" {
  backend = "s3"
  config = {
    bucket              = "magicbook-prod-terraform-210000000002"
    key                 = "foundation/terraform.tfstate"
    region              = "eu-west-1"
    allowed_account_ids = ["210000000002"]
    assume_role = {
      role_arn = "arn:aws:iam::210000000002:role/homeport-apply"
    }
  }
}

locals {
  foundation       = data.terraform_remote_state.foundation.outputs
  cognito_endpoint = "https://cognito-idp.eu-west-1.amazonaws.com"
}

module "service_catalog" {
  source = "../../modules/service"

  name        = "magicbook-prod-catalog"
  cluster_arn = local.foundation.cluster.arn
  network     = local.foundation.network
  repository  = local.foundation.repositories["catalog"]
  roles = {
    execution = "magicbook-prod-catalog-execution"
    task      = "magicbook-prod-catalog-task"
    schedule  = "magicbook-prod-catalog-schedule"
  }
  processes = {
    web = {
      family               = "magicbook-prod-catalog-web"
      service              = "catalog-web"
      command              = "gunicorn catalog.wsgi --bind $${HOST:-0.0.0.0}:$PORT --workers $${WEB_CONCURRENCY:-2} --threads 4 --keep-alive 75 --no-control-socket"
      cpu                  = 512
      memory_mb            = 1024
      stop_timeout_seconds = 30
      scale = {
        min         = 2
        max         = 8
        cpu_percent = 60
      }
    }
    release = {
      family  = "magicbook-prod-catalog-release"
      command = "python manage.py migrate --noinput && python manage.py publish && python manage.py seed"
    }
    outbox = {
      family    = "magicbook-prod-catalog-outbox"
      command   = "python manage.py publish"
      cpu       = 256
      memory_mb = 512
      schedule = {
        name       = "magicbook-prod-catalog-outbox"
        family     = "magicbook-prod-catalog-outbox-live"
        expression = "rate(1 hour)"
        timezone   = "UTC"
        enabled    = true
      }
    }
  }
  web = {
    port                            = 8000
    target_group_arn                = module.routes_catalog.target_group_arn
    load_balancer_security_group_id = local.foundation.api.load_balancer_security_group_id
    grace_seconds                   = 60
  }
  environment = {
    ALLOWED_HOSTS            = join(",", concat([local.foundation.api.host], ["api.magicbook.example"]))
    SITE_ORIGINS             = join(",", concat([for site in values(local.foundation.sites) : site.url], ["https://api.magicbook.example"]))
    COVERS_BUCKET            = local.foundation.buckets["covers"].name
    COVERS_URL               = local.foundation.buckets["covers"].url
    BOOK_PUBLISHED_TOPIC_ARN = local.foundation.topics["book-published"].arn
    USER_POOL_ID             = local.foundation.users.id
    USER_POOL_CLIENT_IDS     = join(",", values(local.foundation.users.client_ids))
  }
  secrets = {
    path = "/homeport/prod/catalog"
    parameters = {
      DATABASE_URL   = local.foundation.databases["catalog-db"].url_parameter_arn
      CATALOG_DB_URL = local.foundation.databases["catalog-db"].url_parameter_arn
    }
  }
  reaches = {
    catalog-db = local.foundation.databases["catalog-db"]
  }
  permissions = [
    {
      actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      resources = ["${local.foundation.buckets["covers"].arn}/*"]
    },
    {
      actions   = ["s3:ListBucket"]
      resources = [local.foundation.buckets["covers"].arn]
    },
    {
      actions   = ["sns:Publish"]
      resources = [local.foundation.topics["book-published"].arn]
    },
    {
      actions = [
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser",
        "cognito-idp:ListUsers",
      ]
      resources = [local.foundation.users.arn]
    },
  ]
  logs = {
    group = "/homeport/prod/catalog"
  }
}

module "routes_catalog" {
  source = "../../modules/routes"

  name   = "magicbook-prod-catalog"
  vpc_id = local.foundation.network.vpc_id
  api    = local.foundation.api
  load_balancer = {
    arn  = local.foundation.api.load_balancer_arns["1"]
    port = 49159
  }
  health = {
    path             = "/catalog/healthz"
    interval_seconds = 15
    timeout_seconds  = 5
  }
  routes = {
    "ANY /books"                   = {}
    "ANY /books/{proxy+}"          = {}
    "GET /catalog/healthz"         = {}
    "GET /catalog/static/{proxy+}" = {}
  }
}

module "service_library" {
  source = "../../modules/service"

  name        = "magicbook-prod-library"
  cluster_arn = local.foundation.cluster.arn
  network     = local.foundation.network
  repository  = local.foundation.repositories["library"]
  roles = {
    execution = "magicbook-prod-library-execution"
    task      = "magicbook-prod-library-task"
  }
  processes = {
    web = {
      family               = "magicbook-prod-library-web"
      service              = "library-web"
      command              = "gunicorn library.wsgi --bind $${HOST:-0.0.0.0}:$PORT --workers $${WEB_CONCURRENCY:-2} --threads 4 --keep-alive 75 --no-control-socket"
      cpu                  = 256
      memory_mb            = 512
      stop_timeout_seconds = 30
      scale = {
        min         = 1
        max         = 1
        cpu_percent = 60
      }
    }
    worker = {
      family               = "magicbook-prod-library-worker"
      service              = "library-worker"
      command              = "python manage.py consume"
      cpu                  = 256
      memory_mb            = 512
      stop_timeout_seconds = 30
      scale = {
        min         = 1
        max         = 1
        cpu_percent = 60
      }
    }
    release = {
      family  = "magicbook-prod-library-release"
      command = "python manage.py migrate --noinput && python manage.py publish"
    }
  }
  web = {
    port                            = 8000
    target_group_arn                = module.routes_library.target_group_arn
    load_balancer_security_group_id = local.foundation.api.load_balancer_security_group_id
    grace_seconds                   = 60
  }
  environment = {
    ALLOWED_HOSTS            = join(",", concat([local.foundation.api.host], ["api.magicbook.example"]))
    SITE_ORIGINS             = join(",", concat([for site in values(local.foundation.sites) : site.url], ["https://api.magicbook.example"]))
    REDIS_URL                = local.foundation.caches["shelf-cache"].url
    SHELF_CACHE_URL          = local.foundation.caches["shelf-cache"].url
    ORDER_PLACED_TOPIC_ARN   = local.foundation.topics["order-placed"].arn
    USER_POOL_ID             = local.foundation.users.id
    USER_POOL_CLIENT_IDS     = join(",", values(local.foundation.users.client_ids))
    BOOK_PUBLISHED_QUEUE_URL = local.foundation.topics["book-published"].queues["library"].url
  }
  secrets = {
    path = "/homeport/prod/library"
    parameters = {
      DATABASE_URL   = local.foundation.databases["library-db"].url_parameter_arn
      LIBRARY_DB_URL = local.foundation.databases["library-db"].url_parameter_arn
    }
  }
  reaches = {
    library-db  = local.foundation.databases["library-db"]
    shelf-cache = local.foundation.caches["shelf-cache"]
  }
  permissions = [
    {
      actions = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
      ]
      resources = [local.foundation.topics["book-published"].queues["library"].arn]
    },
    {
      actions   = ["sns:Publish"]
      resources = [local.foundation.topics["order-placed"].arn]
    },
    {
      actions = [
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser",
        "cognito-idp:ListUsers",
      ]
      resources = [local.foundation.users.arn]
    },
  ]
  logs = {
    group = "/homeport/prod/library"
  }
}

module "routes_library" {
  source = "../../modules/routes"

  name   = "magicbook-prod-library"
  vpc_id = local.foundation.network.vpc_id
  api    = local.foundation.api
  load_balancer = {
    arn  = local.foundation.api.load_balancer_arns["1"]
    port = 31996
  }
  health = {
    path             = "/library/healthz"
    interval_seconds = 15
    timeout_seconds  = 5
  }
  routes = {
    "ANY /shelf" = {
      auth = true
    }
    "ANY /shelf/{proxy+}" = {
      auth = true
    }
    "ANY /orders" = {
      auth = true
    }
    "ANY /orders/{proxy+}" = {
      auth = true
    }
    "GET /library/healthz" = {}
  }
}

module "function_cover" {
  source = "../../modules/function"

  name = "magicbook-prod-cover"
  code = {
    runtime         = "python3.11"
    handler         = "cover.handler"
    memory_mb       = 512
    timeout_seconds = 30
  }
  roles = {
    function = "magicbook-prod-cover-function"
  }
  environment = {
    ALLOWED_HOSTS = join(",", concat([local.foundation.api.host], ["api.magicbook.example"]))
    SITE_ORIGINS  = join(",", concat([for site in values(local.foundation.sites) : site.url], ["https://api.magicbook.example"]))
    COVERS_BUCKET = local.foundation.buckets["covers"].name
    COVERS_URL    = local.foundation.buckets["covers"].url
  }
  permissions = [
    {
      actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      resources = ["${local.foundation.buckets["covers"].arn}/*"]
    },
    {
      actions   = ["s3:ListBucket"]
      resources = [local.foundation.buckets["covers"].arn]
    },
  ]
  queues = {
    book-published = local.foundation.topics["book-published"].queues["cover"].arn
  }
  logs = {
    group = "/homeport/prod/cover"
  }
}

module "function_receipt" {
  source = "../../modules/function"

  name = "magicbook-prod-receipt"
  code = {
    runtime         = "python3.11"
    handler         = "receipt.handler"
    memory_mb       = 256
    timeout_seconds = 30
  }
  roles = {
    function = "magicbook-prod-receipt-function"
  }
  environment = {
    ALLOWED_HOSTS = join(",", concat([local.foundation.api.host], ["api.magicbook.example"]))
    SITE_ORIGINS  = join(",", concat([for site in values(local.foundation.sites) : site.url], ["https://api.magicbook.example"]))
    MAIL_SENDER   = local.foundation.mail.sender
  }
  permissions = [
    {
      actions = ["ses:SendEmail", "ses:SendRawEmail"]
      resources = [
        local.foundation.mail.identity_arn,
        local.foundation.mail.configuration_set_arn,
      ]
    },
  ]
  queues = {
    order-placed = local.foundation.topics["order-placed"].queues["receipt"].arn
  }
  logs = {
    group = "/homeport/prod/receipt"
  }
}

module "function_quote" {
  source = "../../modules/function"

  name = "magicbook-prod-quote"
  code = {
    runtime         = "python3.11"
    handler         = "quote.handler"
    memory_mb       = 256
    timeout_seconds = 30
  }
  roles = {
    function = "magicbook-prod-quote-function"
  }
  environment = {
    ALLOWED_HOSTS = join(",", concat([local.foundation.api.host], ["api.magicbook.example"]))
    SITE_ORIGINS  = join(",", concat([for site in values(local.foundation.sites) : site.url], ["https://api.magicbook.example"]))
  }
  api = local.foundation.api
  routes = {
    "POST /quotes" = {}
  }
  logs = {
    group = "/homeport/prod/quote"
  }
}

resource "aws_s3_object" "site_www" {
  # What the website knows of the platform. Nothing in it is secret.
  # checkov:skip=CKV_AWS_186: Everyone may read it.
  bucket        = local.foundation.sites["www"].bucket
  key           = "homeport.json"
  content_type  = "application/json"
  cache_control = "no-cache"
  content = jsonencode({
    apiUrl            = local.foundation.api.endpoint
    region            = "eu-west-1"
    cognitoEndpoint   = local.cognito_endpoint
    userPoolId        = local.foundation.users.id
    userPoolClientId  = local.foundation.users.client_ids["desktop"]
    userPoolClientIds = local.foundation.users.client_ids
    buckets = {
      covers = local.foundation.buckets["covers"].url
    }
  })
}

output "services" {
  description = "Task definition families and ECS services of each service's processes."
  value = {
    catalog = {
      processes         = module.service_catalog.processes
      security_group_id = module.service_catalog.security_group_id
      log_group         = module.service_catalog.log_group
    }
    library = {
      processes         = module.service_library.processes
      security_group_id = module.service_library.security_group_id
      log_group         = module.service_library.log_group
    }
  }
}

output "functions" {
  description = "Functions, and the alias that a deploy moves."
  value = {
    cover = {
      name      = module.function_cover.name
      arn       = module.function_cover.arn
      alias     = module.function_cover.alias
      log_group = module.function_cover.log_group
    }
    receipt = {
      name      = module.function_receipt.name
      arn       = module.function_receipt.arn
      alias     = module.function_receipt.alias
      log_group = module.function_receipt.log_group
    }
    quote = {
      name      = module.function_quote.name
      arn       = module.function_quote.arn
      alias     = module.function_quote.alias
      log_group = module.function_quote.log_group
    }
  }
}
