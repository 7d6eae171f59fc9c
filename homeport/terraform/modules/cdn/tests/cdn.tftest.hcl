mock_provider "aws" {
  mock_resource "aws_cloudfront_distribution" {
    defaults = {
      domain_name = "d111.cloudfront.net"
    }
  }
}

variables {
  name               = "shop-prod-www"
  bucket_domain_name = "shop-prod-www.s3.eu-west-1.amazonaws.com"
  index              = "index.html"
  not_found          = "index.html"
}

run "the_bucket_is_read_with_signed_requests_over_tls" {
  assert {
    condition     = aws_cloudfront_origin_access_control.this.signing_behavior == "always" && aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
    error_message = "CloudFront must sign its requests, and viewers must use TLS."
  }

  assert {
    condition     = output.url == "https://d111.cloudfront.net"
    error_message = "The URL must be the distribution's, over TLS."
  }
}

run "a_single_page_site_answers_its_index_everywhere" {
  assert {
    condition     = alltrue([for e in aws_cloudfront_distribution.this.custom_error_response : e.response_code == 200 && e.response_page_path == "/index.html"])
    error_message = "What is not found must be answered by the index, with status 200."
  }
}

run "another_page_for_what_is_not_found_keeps_the_status" {
  variables {
    not_found = "404.html"
  }

  assert {
    condition     = alltrue([for e in aws_cloudfront_distribution.this.custom_error_response : e.response_code == 404 && e.response_page_path == "/404.html"])
    error_message = "What is not found must be answered with status 404."
  }
}

run "files_without_a_site_have_neither_index_nor_error_page" {
  variables {
    index     = null
    not_found = null
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this.custom_error_response) == 0 && coalesce(aws_cloudfront_distribution.this.default_root_object, "none") == "none"
    error_message = "A bucket of files must answer for itself."
  }
}

run "a_leading_slash_is_refused" {
  command = plan

  variables {
    not_found = "/404.html"
  }

  expect_failures = [var.not_found]
}
