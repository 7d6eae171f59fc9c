# What all APIs of an environment share. Requests to services go through a VPC link to an internal load balancer, on which
# each service has a listener of its own: what is not routed by an API cannot be reached at all.

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158: CloudWatch encrypts logs with its own key.
  #checkov:skip=CKV_AWS_338: As long as `log_days` says; a year of access logs is a matter of law, not of security.
  name              = var.log_group
  retention_in_days = var.log_days
}

resource "aws_security_group" "link" {
  name        = "${var.name}-link"
  description = "The API's way into the network."
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-link" }
}

resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-load-balancer"
  description = "The load balancer in front of services."
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-load-balancer" }
}

resource "aws_vpc_security_group_egress_rule" "link_to_load_balancer" {
  security_group_id            = aws_security_group.link.id
  description                  = "To the listeners of services."
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = var.listener_ports.from
  to_port                      = var.listener_ports.to
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer_from_link" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "Only from the API."
  referenced_security_group_id = aws_security_group.link.id
  ip_protocol                  = "tcp"
  from_port                    = var.listener_ports.from
  to_port                      = var.listener_ports.to
}

# Ports of services are theirs to choose; whether they are reached is in the rules of their own groups.
resource "aws_vpc_security_group_egress_rule" "load_balancer_to_services" {
  security_group_id = aws_security_group.load_balancer.id
  description       = "To services in the network."
  cidr_ipv4         = var.network.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = 1024
  to_port           = 65535
}

resource "aws_apigatewayv2_vpc_link" "this" {
  name               = var.name
  security_group_ids = [aws_security_group.link.id]
  subnet_ids         = var.network.subnet_ids
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91: The API logs each request; nothing else can reach this load balancer.
  #checkov:skip=CKV_AWS_150: It holds no data, and is made again in a minute.
  for_each = var.load_balancers

  name                       = each.value
  internal                   = true
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.load_balancer.id]
  subnets                    = var.network.subnet_ids
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  idle_timeout               = 60
}
