mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      api_endpoint = "https://abc.execute-api.eu-west-1.amazonaws.com"
    }
  }
}

variables {
  name           = "shop-prod"
  access_log_arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/homeport/prod/gateway/access"
}

run "without_users_there_is_no_authorizer" {
  assert {
    condition     = length(aws_apigatewayv2_authorizer.this) == 0 && output.authorizer_id == null
    error_message = "There is nobody whose tokens could be checked."
  }
}

run "tokens_are_checked_for_issuer_and_audience" {
  variables {
    tokens = {
      issuer   = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
      audience = ["client-1", "client-2"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.this["users"].authorizer_type == "JWT" && length(aws_apigatewayv2_authorizer.this["users"].jwt_configuration[0].audience) == 2
    error_message = "The authorizer must know issuer and audience."
  }
}

run "only_named_websites_may_call_the_api" {
  variables {
    cors_origins = ["https://www.example.com"]
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://www.example.com"])
    error_message = "Only the named origin may be allowed."
  }
}

run "the_access_log_holds_neither_tokens_nor_query_strings" {
  assert {
    condition     = !strcontains(aws_apigatewayv2_stage.this.access_log_settings[0].format, "header") && !strcontains(aws_apigatewayv2_stage.this.access_log_settings[0].format, "queryString")
    error_message = "The access log must not hold what may be secret."
  }
}

run "every_website_at_once_is_refused" {
  command = plan

  variables {
    cors_origins = ["*"]
  }

  expect_failures = [var.cors_origins]
}
