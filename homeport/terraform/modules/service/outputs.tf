output "processes" {
  description = "Task definition family and ECS service of each process."
  value = {
    for name, process in var.processes : name => {
      family              = aws_ecs_task_definition.this[name].family
      task_definition_arn = aws_ecs_task_definition.this[name].arn
      service             = try(aws_ecs_service.this[name].name, null)
      min                 = process.scale.min
      max                 = process.scale.max
    }
  }
}

output "security_group_id" {
  description = "Group of the service's tasks."
  value       = aws_security_group.this.id
}

output "task_role_arn" {
  description = "Role of the code."
  value       = aws_iam_role.task.arn
}

output "log_group" {
  description = "Log group of the service."
  value       = aws_cloudwatch_log_group.this.name
}
