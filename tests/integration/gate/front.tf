# The API: HTTP API with a JWT authorizer, routes to a function and through a VPC link; users.

resource "aws_apigatewayv2_api" "this" {
  name                         = "gate"
  description                  = "Day ${local.day}."
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = var.changed

  cors_configuration {
    allow_origins  = ["https://gate.example"]
    allow_methods  = var.changed ? ["GET", "POST"] : ["GET"]
    allow_headers  = ["authorization", "content-type"]
    expose_headers = ["etag"]
    max_age        = 3600 * local.day
  }
}

resource "aws_apigatewayv2_authorizer" "this" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "users"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = "https://${aws_cognito_user_pool.this.endpoint}"
    audience = var.changed ? [aws_cognito_user_pool_client.public.id, aws_cognito_user_pool_client.machine.id] : [aws_cognito_user_pool_client.public.id]
  }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  description = "Day ${local.day}."
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.this.arn
    format          = jsonencode({ path = "$context.path", day = local.day })
  }

  default_route_settings {
    detailed_metrics_enabled = !var.changed
    throttling_burst_limit   = 100 * local.day
    throttling_rate_limit    = 50 * local.day
  }

  route_settings {
    route_key              = aws_apigatewayv2_route.function.route_key
    throttling_burst_limit = 10 * local.day
    throttling_rate_limit  = 5 * local.day
  }

  stage_variables = { day = local.day }
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  description = "Day ${local.day}."

  depends_on = [aws_apigatewayv2_route.service]
}

resource "aws_apigatewayv2_stage" "by_hand" {
  api_id        = aws_apigatewayv2_api.this.id
  name          = "v${local.day}"
  deployment_id = aws_apigatewayv2_deployment.this.id
}

resource "aws_apigatewayv2_vpc_link" "this" {
  name               = "gate-${local.day}"
  security_group_ids = [aws_security_group.link.id]
  subnet_ids         = aws_subnet.private[*].id
}

resource "aws_apigatewayv2_integration" "service" {
  api_id                 = aws_apigatewayv2_api.this.id
  description            = "Day ${local.day}."
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = aws_lb_listener.this.arn
  connection_type        = "VPC_LINK"
  connection_id          = aws_apigatewayv2_vpc_link.this.id
  payload_format_version = "1.0"
  timeout_milliseconds   = 15000 * local.day

  request_parameters = {
    "overwrite:path"           = "/day/${local.day}$request.path"
    "append:header.x-api-user" = "$context.authorizer.claims.sub"
  }

  response_parameters {
    status_code = 402 + local.day
    mappings    = { "overwrite:header.x-day" = tostring(local.day) }
  }
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.live.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "service" {
  api_id               = aws_apigatewayv2_api.this.id
  route_key            = "ANY /shelf/{proxy+}"
  target               = "integrations/${aws_apigatewayv2_integration.service.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.this.id
  authorization_scopes = var.changed ? ["api/read", "api/write"] : ["api/read"]
}

resource "aws_apigatewayv2_route" "function" {
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "POST /quotes"
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type = var.changed ? "JWT" : "NONE"
  authorizer_id      = var.changed ? aws_apigatewayv2_authorizer.this.id : null
}

resource "aws_acm_certificate" "this" {
  domain_name       = "api.gate.example"
  validation_method = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}

resource "aws_route53_zone" "this" {
  name    = "gate.example"
  comment = "Its records are the ones of the gate."
}

# Read as the live tree reads it; records take the zone itself, as this would be read anew after each change of its tags.
data "aws_route53_zone" "this" {
  name = aws_route53_zone.this.name
}

resource "aws_route53_record" "validation" {
  zone_id         = aws_route53_zone.this.zone_id
  name            = one(aws_acm_certificate.this.domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.this.domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.this.domain_validation_options).resource_record_value]
  ttl             = 300 * local.day
  allow_overwrite = true
}

resource "aws_route53_record" "alias" {
  zone_id = aws_route53_zone.this.zone_id
  name    = "api.gate.example"
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}

resource "aws_apigatewayv2_domain_name" "this" {
  domain_name = "api.gate.example"

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.this.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  api_id          = aws_apigatewayv2_api.this.id
  domain_name     = aws_apigatewayv2_domain_name.this.id
  stage           = aws_apigatewayv2_stage.this.id
  api_mapping_key = var.changed ? "v2" : "v1"
}

resource "aws_cognito_user_pool" "this" {
  name                     = "gate"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = var.changed ? "OFF" : "OPTIONAL"
  deletion_protection      = "INACTIVE"

  username_configuration {
    case_sensitive = false
  }

  password_policy {
    minimum_length                   = 12 + local.day
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    temporary_password_validity_days = 7
  }

  dynamic "software_token_mfa_configuration" {
    for_each = var.changed ? [] : [true]

    content {
      enabled = true
    }
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = var.changed
  }
}

resource "aws_cognito_user_pool_client" "public" {
  name         = "desktop"
  user_pool_id = aws_cognito_user_pool.this.id

  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"

  access_token_validity  = 30 * local.day
  id_token_validity      = 60
  refresh_token_validity = 30

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}

resource "aws_cognito_user_pool_client" "machine" {
  name                                 = "machine-${local.day}"
  user_pool_id                         = aws_cognito_user_pool.this.id
  generate_secret                      = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = ["api/read"]

  depends_on = [aws_cognito_resource_server.this]
}

resource "aws_cognito_resource_server" "this" {
  identifier   = "api"
  name         = "gate-${local.day}"
  user_pool_id = aws_cognito_user_pool.this.id

  dynamic "scope" {
    for_each = var.changed ? ["read", "write"] : ["read"]

    content {
      scope_name        = scope.value
      scope_description = "Scope ${scope.value}."
    }
  }
}

resource "aws_cognito_user_group" "this" {
  name         = "staff"
  description  = "Day ${local.day}."
  precedence   = local.day
  user_pool_id = aws_cognito_user_pool.this.id
}

resource "aws_cognito_user_pool_domain" "this" {
  domain       = "gate-sign-in"
  user_pool_id = aws_cognito_user_pool.this.id
}
