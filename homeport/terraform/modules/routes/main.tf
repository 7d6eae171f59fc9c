# How requests reach a service: routes of the API, through the VPC link, to a listener of the service's own.

# Targets bring their own port; the group's is never used.
resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378: Inside the network, from the load balancer to the task; TLS ends at the API.
  name                 = var.name
  vpc_id               = var.vpc_id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = 80
  deregistration_delay = 30

  health_check {
    path                = var.health.path
    interval            = var.health.interval_seconds
    timeout             = var.health.timeout_seconds
    healthy_threshold   = 2
    unhealthy_threshold = 3
    matcher             = "200-299"
  }
}

resource "aws_lb_listener" "this" {
  #checkov:skip=CKV_AWS_2: Inside the network, from the API's VPC link alone; TLS ends at the API.
  #checkov:skip=CKV_AWS_103: See above.
  load_balancer_arn = var.load_balancer.arn
  port              = var.load_balancer.port
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_apigatewayv2_integration" "this" {
  api_id                 = var.api.id
  description            = var.name
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = aws_lb_listener.this.arn
  connection_type        = "VPC_LINK"
  connection_id          = var.api.vpc_link_id
  payload_format_version = "1.0"
  timeout_milliseconds   = 30000 # the most that the API allows
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309: Routes are open unless they say `auth`; many have to be.
  for_each = var.routes

  api_id               = var.api.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.this.id}"
  authorization_type   = each.value.auth ? "JWT" : "NONE"
  authorizer_id        = each.value.auth ? var.api.authorizer_id : null
  authorization_scopes = each.value.auth ? each.value.scopes : null
}
