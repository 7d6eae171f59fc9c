output "name" {
  description = "Identifier of the instance."
  value       = aws_db_instance.this.identifier
}

output "address" {
  description = "Host name of the instance."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "Port of the instance."
  value       = aws_db_instance.this.port
}

output "security_group_id" {
  description = "Group to which those who may connect add a rule."
  value       = aws_security_group.this.id
}

output "url_parameter_arn" {
  description = "ARN of the parameter that holds the URL with the password."
  value       = aws_ssm_parameter.url.arn
}

output "url_parameter_name" {
  description = "Name of the parameter that holds the URL with the password."
  value       = aws_ssm_parameter.url.name
}
