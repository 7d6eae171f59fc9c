mock_provider "aws" {}

variables {
  name           = "shop-prod"
  load_balancers = { "1" = "shop-prod" }
  log_group      = "/homeport/prod/gateway/access"

  network = {
    vpc_id     = "vpc-1"
    vpc_cidr   = "10.0.0.0/16"
    subnet_ids = ["subnet-1", "subnet-2"]
  }
}

run "the_load_balancer_is_internal_and_only_apis_reach_it" {
  assert {
    condition     = aws_lb.this["1"].internal && aws_lb.this["1"].drop_invalid_header_fields
    error_message = "The load balancer must not be on the internet."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.load_balancer_from_link.referenced_security_group_id == aws_security_group.link.id && aws_vpc_security_group_ingress_rule.load_balancer_from_link.cidr_ipv4 == null
    error_message = "Only the VPC link may reach the load balancer."
  }
}

run "more_than_fifty_services_get_a_second_load_balancer" {
  variables {
    load_balancers = {
      "1" = "shop-prod"
      "2" = "shop-prod-2"
    }
  }

  assert {
    condition     = length(output.load_balancer_arns) == 2
    error_message = "There must be two load balancers."
  }
}
