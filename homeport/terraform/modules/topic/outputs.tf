output "arn" {
  description = "ARN of the topic."
  value       = aws_sns_topic.this.arn
}

output "queues" {
  description = "URL and ARN of each listener's queue and of its dead-letter queue."
  value = {
    for name, queue in aws_sqs_queue.this : name => {
      url      = queue.url
      arn      = queue.arn
      dead_url = aws_sqs_queue.dead[name].url
      dead_arn = aws_sqs_queue.dead[name].arn
    }
  }
}
