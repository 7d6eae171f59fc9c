output "id" {
  description = "Id of the API; known once it has its stage, which a domain leads to."
  value       = aws_apigatewayv2_api.this.id

  depends_on = [aws_apigatewayv2_stage.this]
}

output "endpoint" {
  description = "URL of the API."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "host" {
  description = "Host name of the API, without its port."
  value       = regex("^https?://([^:/]+)", aws_apigatewayv2_api.this.api_endpoint)[0]
}

output "execution_arn" {
  description = "What a function's permission names as its caller."
  value       = aws_apigatewayv2_api.this.execution_arn
}

output "authorizer_id" {
  description = "Id of the authorizer; null if there are no users."
  value       = one(values(aws_apigatewayv2_authorizer.this)[*].id)
}
