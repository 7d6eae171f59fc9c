mock_provider "aws" {
  mock_resource "aws_elasticache_replication_group" {
    defaults = {
      primary_endpoint_address = "master.shop-prod-main.cache.amazonaws.com"
    }
  }
}

variables {
  name = "shop-prod-main"

  network = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
  }
}

run "it_is_encrypted_on_disk_and_on_the_way" {
  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled)
    error_message = "The cache must be encrypted at rest and in transit."
  }

  assert {
    condition     = output.url == "rediss://master.shop-prod-main.cache.amazonaws.com:6379/0"
    error_message = "The URL must ask for TLS."
  }

  assert {
    condition     = output.port == 6379
    error_message = "The port must be a number, for the rules of those who connect."
  }
}

run "one_node_does_not_fail_over" {
  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 1 && !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "A single node has nothing to fail over to."
  }
}

run "a_replica_takes_over_from_another_zone" {
  variables {
    replicas = 1
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "A replica must be in another zone and take over."
  }
}

run "a_size_that_is_no_node_type_is_refused" {
  command = plan

  variables {
    size = "db.t4g.micro"
  }

  expect_failures = [var.size]
}
