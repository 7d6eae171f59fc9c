# Names of one's own at which APIs answer. Each has a certificate of its own, so that one more never touches the others.
#
# Nothing here waits until a certificate is issued: that takes a DNS record, which may be set elsewhere, by somebody, some
# day. AWS takes a name only with an issued certificate, so it is made once `issued` has it.

resource "aws_acm_certificate" "this" {
  for_each = var.domains

  domain_name       = each.key
  validation_method = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  records = { for name, certificate in aws_acm_certificate.this : name => one(certificate.domain_validation_options) }
  named   = { for name, domain in var.domains : name => domain if contains(keys(var.issued), name) }
}

# A wildcard and the name that it stands on have one record.
resource "aws_route53_record" "validation" {
  for_each = {
    for name, domain in var.domains : name => domain
    if domain.zone_id != null && !(startswith(name, "*.") && contains(keys(var.domains), trimprefix(name, "*.")))
  }

  zone_id         = each.value.zone_id
  name            = local.records[each.key].resource_record_name
  type            = local.records[each.key].resource_record_type
  records         = [local.records[each.key].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_apigatewayv2_domain_name" "this" {
  for_each = local.named

  domain_name = each.key

  domain_name_configuration {
    certificate_arn = aws_acm_certificate.this[each.key].arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  for_each = local.named

  api_id      = each.value.api_id
  domain_name = aws_apigatewayv2_domain_name.this[each.key].id
  stage       = "$default"
}

resource "aws_route53_record" "this" {
  #checkov:skip=CKV2_AWS_23: It leads to the domain above.
  for_each = { for name, domain in local.named : name => domain if domain.zone_id != null && var.issued[name] }

  zone_id = each.value.zone_id
  name    = each.key
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.this[each.key].domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.this[each.key].domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}
