output "id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
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

output "vpc_link_id" {
  description = "Id of the VPC link."
  value       = aws_apigatewayv2_vpc_link.this.id
}

output "load_balancer_arns" {
  description = "ARN of each load balancer, by its number."
  value       = { for number, load_balancer in aws_lb.this : number => load_balancer.arn }
}

output "load_balancer_security_group_id" {
  description = "Group of the load balancers; services let it in."
  value       = aws_security_group.load_balancer.id
}
