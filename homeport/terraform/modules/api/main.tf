# An HTTP API: the one that functions and services share, or one of a service with domains. What answers is in `routes`.

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
      allow_headers  = ["authorization", "content-type", "x-requested-with"]
      expose_headers = ["etag", "location", "x-request-id"]
      max_age        = 3600
    }
  }
}

resource "aws_apigatewayv2_authorizer" "this" {
  for_each = var.tokens == null ? {} : { users = var.tokens }

  api_id           = aws_apigatewayv2_api.this.id
  name             = each.key
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = each.value.issuer
    audience = each.value.audience
  }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = var.access_log_arn

    # Neither tokens nor query strings: both may hold secrets.
    format = jsonencode({
      time        = "$context.requestTime"
      request_id  = "$context.requestId"
      host        = "$context.domainName"
      ip          = "$context.identity.sourceIp"
      method      = "$context.httpMethod"
      path        = "$context.path"
      route       = "$context.routeKey"
      status      = "$context.status"
      bytes       = "$context.responseLength"
      duration_ms = "$context.responseLatency"
      backend_ms  = "$context.integrationLatency"
      user        = "$context.authorizer.claims.sub"
      error       = "$context.error.message"
      backend     = "$context.integrationErrorMessage"
    })
  }

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_burst_limit   = var.throttling.burst
    throttling_rate_limit    = var.throttling.requests_per_second
  }
}
