mock_provider "aws" {}

variables {
  name   = "shop-prod"
  domain = "shop.example"
}

run "mail_leaves_over_tls_only" {
  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE"
    error_message = "Mail must not leave in the clear."
  }
}

run "the_domain_sends_with_the_configuration_set" {
  assert {
    condition     = aws_sesv2_email_identity.this.configuration_set_name == "shop-prod" && aws_sesv2_email_identity.this.email_identity == "shop.example"
    error_message = "The domain must use the configuration set."
  }
}

run "an_address_instead_of_a_domain_is_refused" {
  command = plan

  variables {
    domain = "orders@shop.example"
  }

  expect_failures = [var.domain]
}
