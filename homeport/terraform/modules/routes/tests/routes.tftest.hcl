mock_provider "aws" {
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/1"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1/2"
    }
  }
}

variables {
  name   = "shop-prod-web"
  vpc_id = "vpc-1"

  api = {
    id            = "api-1"
    vpc_link_id   = "link-1"
    authorizer_id = "authorizer-1"
  }

  load_balancer = {
    arn  = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1"
    port = 12345
  }

  routes = {
    "GET /books" = {}
    "ANY /shelf" = { auth = true, scopes = ["api/read"] }
  }
}

run "requests_go_through_the_vpc_link_to_the_services_own_listener" {
  assert {
    condition     = aws_apigatewayv2_integration.this.integration_uri == aws_lb_listener.this.arn && aws_apigatewayv2_integration.this.connection_id == "link-1"
    error_message = "The integration must lead to the listener."
  }

  assert {
    condition     = aws_lb_listener.this.port == 12345 && aws_lb_listener.this.default_action[0].target_group_arn == aws_lb_target_group.this.arn
    error_message = "The listener must forward to the service's targets."
  }
}

run "a_route_asks_for_a_token_only_if_it_says_so" {
  assert {
    condition     = aws_apigatewayv2_route.this["GET /books"].authorization_type == "NONE" && aws_apigatewayv2_route.this["GET /books"].authorizer_id == null
    error_message = "An open route must not ask for a token."
  }

  assert {
    condition     = aws_apigatewayv2_route.this["ANY /shelf"].authorization_type == "JWT" && aws_apigatewayv2_route.this["ANY /shelf"].authorizer_id == "authorizer-1" && contains(aws_apigatewayv2_route.this["ANY /shelf"].authorization_scopes, "api/read")
    error_message = "A route with auth must ask for a token with one of its scopes."
  }
}

run "targets_are_addresses_of_tasks" {
  assert {
    condition     = aws_lb_target_group.this.target_type == "ip"
    error_message = "Fargate tasks are registered by their address."
  }
}

run "scopes_without_a_token_are_refused" {
  command = plan

  variables {
    routes = {
      "GET /books" = { scopes = ["api/read"] }
    }
  }

  expect_failures = [var.routes]
}

run "a_health_check_slower_than_its_interval_is_refused" {
  command = plan

  variables {
    health = {
      interval_seconds = 5
      timeout_seconds  = 5
    }
  }

  expect_failures = [var.health]
}
