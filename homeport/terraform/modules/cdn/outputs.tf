output "distribution_id" {
  description = "Id of the distribution."
  value       = aws_cloudfront_distribution.this.id
}

output "distribution_arn" {
  description = "ARN of the distribution."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "Host name of the distribution."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "url" {
  description = "Where the files are."
  value       = "${var.scheme}://${aws_cloudfront_distribution.this.domain_name}"
}
