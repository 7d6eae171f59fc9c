# SNS, SQS, SES, EventBridge, Scheduler.

resource "aws_sns_topic" "this" {
  name         = "gate"
  display_name = "Day ${local.day}"
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = var.changed ? ["sns:Publish", "sns:Subscribe"] : ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue" "dead" {
  name                      = "gate-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "this" {
  name                       = "gate"
  visibility_timeout_seconds = 60 * local.day
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 3 * local.day
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this.arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.queue.json
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "Day${local.day}"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.this.arn]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.this.arn]
    }
  }
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.this.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.this.arn
  raw_message_delivery = true
  filter_policy        = jsonencode({ day = [tostring(local.day)] })

  depends_on = [aws_sqs_queue_policy.this]
}

resource "aws_sns_topic_subscription" "function" {
  topic_arn = aws_sns_topic.this.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_alias.live.arn
}

resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = "gate"

  delivery_options {
    tls_policy = var.changed ? "OPTIONAL" : "REQUIRE"
  }

  reputation_options {
    reputation_metrics_enabled = !var.changed
  }

  sending_options {
    sending_enabled = true
  }

  suppression_options {
    suppressed_reasons = var.changed ? ["BOUNCE"] : ["BOUNCE", "COMPLAINT"]
  }
}

resource "aws_sesv2_configuration_set" "plain" {
  configuration_set_name = "gate-plain"
}

resource "aws_sesv2_email_identity" "domain" {
  email_identity         = "mail.gate.example"
  configuration_set_name = var.changed ? aws_sesv2_configuration_set.plain.configuration_set_name : aws_sesv2_configuration_set.this.configuration_set_name
}

resource "aws_sesv2_email_identity" "address" {
  email_identity = "someone@gate.example"
}

resource "aws_cloudwatch_event_rule" "this" {
  name                = "gate"
  description         = "Day ${local.day}."
  schedule_expression = "rate(${5 * local.day} minutes)"
  state               = var.changed ? "DISABLED" : "ENABLED"
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "queue"
  arn       = aws_sqs_queue.this.arn
  input     = jsonencode({ day = local.day })
}

resource "aws_scheduler_schedule_group" "this" {
  name = "gate"
}

resource "aws_scheduler_schedule" "this" {
  name                         = "gate"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = "Day ${local.day}."
  schedule_expression          = var.changed ? "cron(0 4 * * ? *)" : "rate(1 hours)"
  schedule_expression_timezone = var.changed ? "Europe/Berlin" : "UTC"
  state                        = var.changed ? "DISABLED" : "ENABLED"

  flexible_time_window {
    mode                      = var.changed ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = var.changed ? 15 : null
  }

  target {
    arn      = aws_lambda_alias.live.arn
    role_arn = aws_iam_role.this.arn
    input    = jsonencode({ day = local.day })

    retry_policy {
      maximum_event_age_in_seconds = 3600 * local.day
      maximum_retry_attempts       = 3 * local.day
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead.arn
    }
  }
}

# In the default group, with everything left out that can be.
resource "aws_scheduler_schedule" "plain" {
  name                = "gate-plain"
  schedule_expression = "cron(0 ${local.day} * * ? *)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sqs_queue.this.arn
    role_arn = aws_iam_role.this.arn
  }
}
