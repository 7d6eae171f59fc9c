mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = {
      arn = "arn:aws:sns:eu-west-1:123456789012:shop-prod-sold"
    }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:queue"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/queue"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }
}

variables {
  name = "shop-prod-sold"

  listeners = {
    stock = {
      queue                      = "shop-prod-sold-stock"
      dead_letter_queue          = "shop-prod-sold-stock-dead"
      visibility_timeout_seconds = 180
    }
  }
}

run "each_listener_gets_messages_as_they_were_published" {
  assert {
    condition     = aws_sns_topic_subscription.this["stock"].raw_message_delivery && aws_sns_topic_subscription.this["stock"].protocol == "sqs"
    error_message = "Messages must arrive raw, in a queue."
  }

  assert {
    condition     = aws_sqs_queue.this["stock"].visibility_timeout_seconds == 180
    error_message = "A received message must stay hidden as long as asked."
  }
}

run "what_is_given_up_goes_to_the_dead_letter_queue" {
  variables {
    retries = 3
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this["stock"].redrive_policy).maxReceiveCount == 3 && aws_sqs_queue.dead["stock"].message_retention_seconds == 1209600
    error_message = "After 3 deliveries a message must be kept for 14 days in the dead-letter queue."
  }
}

run "queues_are_encrypted" {
  assert {
    condition     = aws_sqs_queue.this["stock"].sqs_managed_sse_enabled && aws_sqs_queue.dead["stock"].sqs_managed_sse_enabled
    error_message = "Both queues must be encrypted."
  }
}

run "a_topic_may_have_no_listener" {
  variables {
    listeners = {}
  }

  assert {
    condition     = length(output.queues) == 0 && output.arn == "arn:aws:sns:eu-west-1:123456789012:shop-prod-sold"
    error_message = "There must be a topic and no queue."
  }
}

run "hiding_a_message_for_a_day_is_refused" {
  command = plan

  variables {
    listeners = {
      stock = {
        queue                      = "q"
        dead_letter_queue          = "d"
        visibility_timeout_seconds = 86400
      }
    }
  }

  expect_failures = [var.listeners]
}
