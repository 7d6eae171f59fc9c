output "identity_arn" {
  description = "ARN of the domain, for those who may send."
  value       = aws_sesv2_email_identity.this.arn
}

output "configuration_set_arn" {
  description = "ARN of the configuration set, for those who may send."
  value       = aws_sesv2_configuration_set.this.arn
}

output "dns_records" {
  description = "Records that prove to SES, and to those who receive mail, that the domain is ours."
  value = [
    for token in try(aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens, []) : {
      name  = "${token}._domainkey.${var.domain}"
      type  = "CNAME"
      value = "${token}.dkim.amazonses.com"
    }
  ]
}
