output "domains" {
  description = "Of each domain: its certificate, the DNS record that gets it issued, its hosted zone, and what its own record has to point to; null where there is none yet."
  value = {
    for name, certificate in aws_acm_certificate.this : name => {
      certificate_arn = certificate.arn
      zone_id         = var.domains[name].zone_id
      target          = try(aws_apigatewayv2_domain_name.this[name].domain_name_configuration[0].target_domain_name, null)
      record = {
        name  = local.records[name].resource_record_name
        type  = local.records[name].resource_record_type
        value = local.records[name].resource_record_value
      }
    }
  }
}
