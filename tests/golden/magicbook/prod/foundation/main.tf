# The stack foundation of magicbook in prod. Written by Homeport from homeport.yml: change that, not this.

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
    key                 = "foundation/terraform.tfstate"
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
      "homeport:stack"       = "foundation"
    }
  }
}

module "network" {
  source = "../../modules/network"

  name                 = "magicbook-prod"
  region               = "eu-west-1"
  nat_gateway_per_zone = true
}

module "database_catalog_db" {
  source = "../../modules/database"

  name     = "magicbook-prod-catalog-db"
  database = "catalog_db"
  network = {
    vpc_id     = module.network.vpc_id
    subnet_ids = module.network.private_subnet_ids
  }
  parameter_path = "/homeport/prod/databases/catalog-db"
  engine_version = "16"
  size           = "db.t4g.medium"
  storage = {
    gb     = 64
    max_gb = 256
  }
  availability = {
    standby     = true
    backup_days = 7
  }
  deletion = {
    protected      = true
    final_snapshot = "magicbook-prod-catalog-db-final"
  }
}

module "database_library_db" {
  source = "../../modules/database"

  name     = "magicbook-prod-library-db"
  database = "library_db"
  network = {
    vpc_id     = module.network.vpc_id
    subnet_ids = module.network.private_subnet_ids
  }
  parameter_path = "/homeport/prod/databases/library-db"
  engine_version = "16"
  size           = "db.t4g.micro"
  storage = {
    gb     = 20
    max_gb = 80
  }
  availability = {
    standby     = true
    backup_days = 7
  }
  deletion = {
    protected      = true
    final_snapshot = "magicbook-prod-library-db-final"
  }
}

module "cache_shelf_cache" {
  source = "../../modules/cache"

  name = "magicbook-prod-shelf-cache"
  network = {
    vpc_id     = module.network.vpc_id
    subnet_ids = module.network.private_subnet_ids
  }
  size     = "cache.t4g.micro"
  replicas = 0
}

module "bucket_covers" {
  source = "../../modules/bucket"

  name              = "magicbook-prod-covers-210000000002"
  distribution_arns = [module.cdn_covers.distribution_arn]
  protected         = true
}

module "cdn_covers" {
  source = "../../modules/cdn"

  name               = "magicbook-prod-covers"
  bucket_domain_name = module.bucket_covers.domain_name
}

module "bucket_www" {
  source = "../../modules/bucket"

  name              = "magicbook-prod-www-site-210000000002"
  distribution_arns = [module.cdn_www.distribution_arn]
  protected         = false
}

module "cdn_www" {
  source = "../../modules/cdn"

  name               = "magicbook-prod-www"
  bucket_domain_name = module.bucket_www.domain_name
  index              = "index.html"
  not_found          = "index.html"
}

module "topic_book_published" {
  source = "../../modules/topic"

  name    = "magicbook-prod-book-published"
  retries = 5
  listeners = {
    library = {
      queue                      = "magicbook-prod-book-published-library"
      dead_letter_queue          = "magicbook-prod-book-published-library-dead"
      visibility_timeout_seconds = 120
    }
    cover = {
      queue                      = "magicbook-prod-book-published-cover"
      dead_letter_queue          = "magicbook-prod-book-published-cover-dead"
      visibility_timeout_seconds = 180
    }
  }
}

module "topic_order_placed" {
  source = "../../modules/topic"

  name    = "magicbook-prod-order-placed"
  retries = 5
  listeners = {
    receipt = {
      queue                      = "magicbook-prod-order-placed-receipt"
      dead_letter_queue          = "magicbook-prod-order-placed-receipt-dead"
      visibility_timeout_seconds = 180
    }
  }
}

module "mail" {
  source = "../../modules/mail"

  name   = "magicbook-prod"
  domain = "magicbook.example"
}

module "users" {
  source = "../../modules/users"

  name      = "magicbook-prod"
  clients   = ["desktop", "mobile"]
  groups    = ["staff"]
  protected = true
}

module "cluster" {
  source = "../../modules/cluster"

  name = "magicbook-prod"
  repositories = {
    catalog = "magicbook-prod/catalog"
    library = "magicbook-prod/library"
  }
  protected = true
}

module "gateway" {
  source = "../../modules/gateway"

  name = "magicbook-prod"
  network = {
    vpc_id     = module.network.vpc_id
    vpc_cidr   = module.network.vpc_cidr
    subnet_ids = module.network.private_subnet_ids
  }
  load_balancers = {
    "1" = "magicbook-prod"
  }
  listener_ports = {
    from = 10000
    to   = 59999
  }
  log_group = "/homeport/prod/gateway/access"
}

module "api" {
  source = "../../modules/api"

  name = "magicbook-prod"
  tokens = {
    issuer   = module.users.issuer
    audience = values(module.users.client_ids)
  }
  cors_origins   = [module.cdn_www.url]
  access_log_arn = module.gateway.access_log_arn
}

moved {
  from = module.gateway.aws_apigatewayv2_api.this
  to   = module.api.aws_apigatewayv2_api.this
}

moved {
  from = module.gateway.aws_apigatewayv2_authorizer.this
  to   = module.api.aws_apigatewayv2_authorizer.this
}

moved {
  from = module.gateway.aws_apigatewayv2_stage.this
  to   = module.api.aws_apigatewayv2_stage.this
}

variable "issued" {
  description = "Domains whose certificate is issued, and whether no other record in Route 53 has the name. Homeport writes it."
  type        = map(bool)
  default     = {}
}

module "domains" {
  source = "../../modules/domains"

  domains = {
    "api.magicbook.example" = {
      api_id = module.api.id
    }
  }
  issued = var.issued
}

output "network" {
  description = "Network and private subnets."
  value = {
    vpc_id     = module.network.vpc_id
    subnet_ids = module.network.private_subnet_ids
  }
}

output "cluster" {
  description = "The ECS cluster."
  value = {
    name = module.cluster.name
    arn  = module.cluster.arn
  }
}

output "repositories" {
  description = "Image repository of each service."
  value       = module.cluster.repositories
}

output "api" {
  description = "The shared API, and what routes to services need."
  value = {
    id                              = module.api.id
    endpoint                        = module.api.endpoint
    host                            = module.api.host
    execution_arn                   = module.api.execution_arn
    authorizer_id                   = module.api.authorizer_id
    vpc_link_id                     = module.gateway.vpc_link_id
    load_balancer_arns              = module.gateway.load_balancer_arns
    load_balancer_security_group_id = module.gateway.load_balancer_security_group_id
  }
}

output "databases" {
  description = "Databases, and the parameter with each one's URL."
  value = {
    catalog-db = {
      name               = module.database_catalog_db.name
      address            = module.database_catalog_db.address
      port               = module.database_catalog_db.port
      security_group_id  = module.database_catalog_db.security_group_id
      url_parameter_arn  = module.database_catalog_db.url_parameter_arn
      url_parameter_name = module.database_catalog_db.url_parameter_name
    }
    library-db = {
      name               = module.database_library_db.name
      address            = module.database_library_db.address
      port               = module.database_library_db.port
      security_group_id  = module.database_library_db.security_group_id
      url_parameter_arn  = module.database_library_db.url_parameter_arn
      url_parameter_name = module.database_library_db.url_parameter_name
    }
  }
}

output "caches" {
  description = "Caches."
  value = {
    shelf-cache = {
      url               = module.cache_shelf_cache.url
      port              = module.cache_shelf_cache.port
      security_group_id = module.cache_shelf_cache.security_group_id
    }
  }
}

output "topics" {
  description = "Topics, and the queues of who listens."
  value = {
    book-published = {
      arn    = module.topic_book_published.arn
      queues = module.topic_book_published.queues
    }
    order-placed = {
      arn    = module.topic_order_placed.arn
      queues = module.topic_order_placed.queues
    }
  }
}

output "buckets" {
  description = "Buckets, and where CloudFront serves them."
  value = {
    covers = {
      name = module.bucket_covers.name
      arn  = module.bucket_covers.arn
      url  = module.cdn_covers.url
    }
  }
}

output "sites" {
  description = "Websites: bucket, distribution and URL."
  value = {
    www = {
      bucket          = module.bucket_www.name
      distribution_id = module.cdn_www.distribution_id
      url             = module.cdn_www.url
    }
  }
}

output "domains" {
  description = "Of each domain: its certificate, the DNS record that gets it issued, and what its own record points to."
  value       = module.domains.domains
}

output "users" {
  description = "The user pool."
  value = {
    id         = module.users.id
    arn        = module.users.arn
    issuer     = module.users.issuer
    client_ids = module.users.client_ids
  }
}

output "mail" {
  description = "Who mail comes from, and the DNS records that prove it."
  value = {
    sender                = "orders@magicbook.example"
    identity_arn          = module.mail.identity_arn
    configuration_set_arn = module.mail.configuration_set_arn
    dns_records           = module.mail.dns_records
  }
}
