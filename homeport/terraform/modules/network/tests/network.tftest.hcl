mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = {
      names = ["eu-west-1c", "eu-west-1a", "eu-west-1b"]
    }
  }
}

variables {
  name   = "shop-prod"
  region = "eu-west-1"
}

run "there_are_two_zones_and_one_nat_gateway" {
  assert {
    condition     = length(output.private_subnet_ids) == 2 && toset(keys(aws_subnet.private)) == toset(["eu-west-1a", "eu-west-1b"])
    error_message = "The first two zones of the region must have a private subnet each."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(distinct([for route in aws_route.to_nat : route.nat_gateway_id])) == 1
    error_message = "All zones must share one NAT gateway."
  }
}

run "high_availability_gives_each_zone_its_own_nat_gateway" {
  variables {
    nat_gateway_per_zone = true
    zones                = 3
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(distinct([for route in aws_route.to_nat : route.nat_gateway_id])) == 3
    error_message = "Each zone must leave through its own NAT gateway."
  }
}

run "nothing_in_a_private_subnet_gets_a_public_address" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : !coalesce(subnet.map_public_ip_on_launch, false)])
    error_message = "Private subnets must not hand out public addresses."
  }

  assert {
    condition     = alltrue([for route in aws_route.to_nat : route.gateway_id == null || route.gateway_id == ""])
    error_message = "Private subnets must not lead to the internet gateway."
  }
}

run "subnets_do_not_overlap" {
  variables {
    zones = 3
  }

  assert {
    condition = (
      toset([for subnet in aws_subnet.private : subnet.cidr_block]) == toset(["10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"]) &&
      toset([for subnet in aws_subnet.public : subnet.cidr_block]) == toset(["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"])
    )
    error_message = "Public subnets are in the first sixteenth of the network, private ones have a sixteenth each."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    zones = 1
  }

  expect_failures = [var.zones]
}

run "a_network_that_is_too_small_is_refused" {
  command = plan

  variables {
    cidr = "10.0.0.0/24"
  }

  expect_failures = [var.cidr]
}
