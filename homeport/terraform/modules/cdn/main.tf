# CloudFront in front of a private bucket: the only way in, over TLS, compressed, cached as each object's headers say.

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.name
  description                       = "Reads the bucket of ${var.name}."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68: A web application firewall costs $5 a month and more; static files give an attacker nothing.
  #checkov:skip=CKV2_AWS_47: See above.
  #checkov:skip=CKV_AWS_86: Access logs need a bucket with ACLs, which this account's buckets refuse; CloudFront's metrics are free.
  #checkov:skip=CKV_AWS_174: CloudFront's own certificate fixes this setting; a domain of one's own brings its certificate.
  #checkov:skip=CKV2_AWS_42: See above.
  #checkov:skip=CKV_AWS_310: One bucket is the origin; S3 itself is spread over three zones.
  #checkov:skip=CKV_AWS_374: The whole world may read.
  #checkov:skip=CKV2_AWS_32: Headers are the site's own choice; it sets them on its objects.
  comment             = var.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = "PriceClass_100"
  default_root_object = var.index
  wait_for_deployment = false

  origin {
    origin_id                = "bucket"
    domain_name              = var.bucket_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id       = "bucket"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD"]
    viewer_protocol_policy = "redirect-to-https"
    compress               = true
    min_ttl                = 0
    default_ttl            = 300 # seconds, for objects without Cache-Control
    max_ttl                = 31536000

    forwarded_values {
      query_string = false

      cookies {
        forward = "none"
      }
    }
  }

  # The bucket says 403 for what it does not have, as nobody may list it.
  dynamic "custom_error_response" {
    for_each = var.not_found == null ? [] : [403, 404]

    content {
      error_code            = custom_error_response.value
      response_code         = var.not_found == var.index ? 200 : 404
      response_page_path    = "/${var.not_found}"
      error_caching_min_ttl = 10
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}
