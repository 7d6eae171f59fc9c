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

output "access_log_arn" {
  description = "ARN of the log group of the access log."
  value       = aws_cloudwatch_log_group.access.arn
}
