output "target_group_arn" {
  description = "Where tasks are registered; known once a load balancer uses it, as ECS insists."
  value       = aws_lb_target_group.this.arn

  depends_on = [aws_lb_listener.this]
}

output "listener_arn" {
  description = "ARN of the service's listener."
  value       = aws_lb_listener.this.arn
}
