mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
      domain_validation_options = [{
        domain_name           = "shop.example.com"
        resource_record_name  = "_1.shop.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_2.acm-validations.aws."
      }]
    }
  }
}

variables {
  domains = {
    "shop.example.com"   = { api_id = "api-1", zone_id = "Z1" }
    "*.shop.example.com" = { api_id = "api-1", zone_id = "Z1" }
    "shop.example.org"   = { api_id = "api-2" }
  }
}

run "each_domain_has_a_certificate_of_its_own_and_no_name_before_that_is_issued" {
  assert {
    condition     = length(aws_acm_certificate.this) == 3 && alltrue([for c in aws_acm_certificate.this : c.validation_method == "DNS"])
    error_message = "There must be a certificate for each domain."
  }

  assert {
    condition     = length(aws_apigatewayv2_domain_name.this) == 0 && length(aws_route53_record.this) == 0 && output.domains["shop.example.org"].target == null
    error_message = "AWS refuses a name whose certificate is not issued."
  }
}

run "validation_records_are_made_where_the_zone_is_in_route_53_and_told_where_it_is_not" {
  assert {
    condition     = keys(aws_route53_record.validation) == ["shop.example.com"] && aws_route53_record.validation["shop.example.com"].zone_id == "Z1"
    error_message = "Each name in a zone of this account must have one record, which its wildcard shares."
  }

  assert {
    condition     = output.domains["shop.example.org"].record.name == "_1.shop.example.com." && output.domains["shop.example.org"].zone_id == null
    error_message = "The record must be told, so that somebody can set it."
  }
}

run "an_issued_domain_leads_to_its_api_over_tls" {
  variables {
    issued = { "shop.example.org" = true }
  }

  assert {
    condition     = keys(aws_apigatewayv2_api_mapping.this) == ["shop.example.org"] && aws_apigatewayv2_api_mapping.this["shop.example.org"].api_id == "api-2" && aws_apigatewayv2_api_mapping.this["shop.example.org"].stage == "$default"
    error_message = "A domain must lead to the API that is named for it."
  }

  assert {
    condition     = alltrue([for d in aws_apigatewayv2_domain_name.this : d.domain_name_configuration[0].security_policy == "TLS_1_2"])
    error_message = "Older versions of TLS must be refused."
  }

  assert {
    condition     = length(aws_route53_record.this) == 0
    error_message = "Records elsewhere are the user's."
  }
}

run "a_name_that_another_record_has_is_not_taken_from_it" {
  variables {
    issued = { "shop.example.com" = false, "*.shop.example.com" = true }
  }

  assert {
    condition     = keys(aws_apigatewayv2_domain_name.this) == ["*.shop.example.com", "shop.example.com"] && keys(aws_route53_record.this) == ["*.shop.example.com"]
    error_message = "Switching a name that is in use is for the user to do."
  }
}

run "a_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    domains = {
      "a-name-that-is-much-longer-than-anybody-would-type.shop.example.com" = { api_id = "api-1" }
    }
  }

  expect_failures = [var.domains]
}
