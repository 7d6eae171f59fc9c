mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/homeport/prod/quote"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/quote"
    }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn     = "arn:aws:lambda:eu-west-1:123456789012:function:shop-prod-quote"
      version = "1"
    }
  }

  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-1:123456789012:function:shop-prod-quote:live"
      invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:shop-prod-quote:live/invocations"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }
}

variables {
  name  = "shop-prod-quote"
  roles = { function = "shop-prod-quote-function", schedule = "shop-prod-quote-schedule" }
  logs  = { group = "/homeport/prod/quote" }
}

run "by_itself_it_is_invoked_by_nobody_and_may_only_write_its_log" {
  assert {
    condition     = length(aws_apigatewayv2_integration.this) == 0 && length(aws_lambda_event_source_mapping.this) == 0 && length(aws_scheduler_schedule.this) == 0
    error_message = "A function without routes, queues and schedule must have no caller."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 1 && length(aws_security_group.this) == 0
    error_message = "It must be allowed to write its log and nothing else, outside of the network."
  }
}

run "the_api_invokes_the_alias_that_a_deploy_moves" {
  variables {
    api = {
      id            = "api-1"
      execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:api-1"
      authorizer_id = "authorizer-1"
    }
    routes = {
      "POST /quotes" = { auth = true }
    }
  }

  assert {
    condition     = aws_apigatewayv2_integration.this["api"].integration_uri == aws_lambda_alias.live.invoke_arn && aws_apigatewayv2_integration.this["api"].payload_format_version == "2.0"
    error_message = "The API must call the alias."
  }

  assert {
    condition     = aws_lambda_permission.api["api"].qualifier == "live" && aws_lambda_permission.api["api"].source_arn == "arn:aws:execute-api:eu-west-1:123456789012:api-1/*"
    error_message = "Only this API may invoke it, and only through the alias."
  }

  assert {
    condition     = aws_apigatewayv2_route.this["POST /quotes"].authorization_type == "JWT"
    error_message = "A route with auth must ask for a token."
  }
}

run "messages_of_its_queues_arrive_in_batches_that_may_fail_in_part" {
  variables {
    queues = { sold = "arn:aws:sqs:eu-west-1:123456789012:shop-prod-sold-quote" }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["sold"].function_name == aws_lambda_alias.live.arn && contains(aws_lambda_event_source_mapping.this["sold"].function_response_types, "ReportBatchItemFailures")
    error_message = "The queue must feed the alias, and failed messages must be told apart."
  }

  assert {
    condition     = toset(flatten([for s in data.aws_iam_policy_document.this.statement : tolist(s.resources) if contains(s.actions, "sqs:ReceiveMessage")])) == toset(["arn:aws:sqs:eu-west-1:123456789012:shop-prod-sold-quote"])
    error_message = "It must be allowed to read its own queue only."
  }
}

run "a_schedule_invokes_the_alias_with_a_role_of_its_own" {
  variables {
    schedule = { name = "shop-prod-quote", expression = "rate(5 minutes)" }
  }

  assert {
    condition     = aws_scheduler_schedule.this["schedule"].target[0].arn == aws_lambda_alias.live.arn && aws_iam_role.schedule["schedule"].name == "shop-prod-quote-schedule"
    error_message = "The schedule must invoke the alias with its own role."
  }
}

run "a_function_that_reaches_a_database_is_in_the_network" {
  variables {
    network = {
      vpc_id     = "vpc-1"
      subnet_ids = ["subnet-1"]
      reaches    = { main = { security_group_id = "sg-main", port = 5432 } }
    }
  }

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 1 && aws_vpc_security_group_ingress_rule.used["main"].security_group_id == "sg-main"
    error_message = "It must be in the network, and the database must let it in."
  }
}

run "it_runs_on_the_architecture_that_its_code_is_built_for" {
  variables {
    code = { architecture = "arm64" }
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "It must run on the architecture that is asked for."
  }
}

run "a_schedule_that_is_none_is_refused" {
  command = plan

  variables {
    schedule = { name = "shop-prod-quote", expression = "every day" }
  }

  expect_failures = [var.schedule]
}
