# Lambda and IAM.

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = var.changed ? ["logs:PutLogEvents"] : ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }
}

resource "aws_iam_role" "this" {
  name                 = "gate"
  description          = "Day ${local.day}."
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  max_session_duration = 3600 * local.day
}

resource "aws_iam_role_policy" "this" {
  name   = "logs"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_policy" "this" {
  name        = "gate"
  description = "Logs."
  policy      = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.this.name
  policy_arn = aws_iam_policy.this.arn
}

resource "aws_lambda_function" "this" {
  function_name                  = "gate"
  description                    = "Day ${local.day}."
  role                           = aws_iam_role.this.arn
  runtime                        = var.changed ? "python3.12" : "python3.11"
  handler                        = "main.handler"
  memory_size                    = 256 * local.day
  timeout                        = 10 * local.day
  architectures                  = [var.changed ? "arm64" : "x86_64"]
  reserved_concurrent_executions = 5 * local.day
  filename                       = "${path.module}/placeholder.zip"
  publish                        = true

  logging_config {
    log_format            = var.changed ? "JSON" : "Text"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = var.changed ? "INFO" : null
    system_log_level      = var.changed ? "WARN" : null
  }

  environment {
    variables = { DAY = local.day }
  }

  ephemeral_storage {
    size = 512 * local.day
  }

  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.inside.id]
  }

  lifecycle {
    ignore_changes = [filename, source_code_hash]
  }

  depends_on = [aws_iam_role_policy.this]
}

# Without anything that can be left out; its reserved concurrency comes and goes.
resource "aws_lambda_function" "plain" {
  function_name                  = "gate-plain"
  role                           = aws_iam_role.this.arn
  runtime                        = "python3.11"
  handler                        = "main.handler"
  filename                       = "${path.module}/placeholder.zip"
  reserved_concurrent_executions = var.changed ? -1 : 3
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "Day ${local.day}."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*"
}

resource "aws_lambda_permission" "topic" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.plain.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.this.arn
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn                   = aws_sqs_queue.this.arn
  function_name                      = aws_lambda_alias.live.arn
  batch_size                         = 10 * local.day
  maximum_batching_window_in_seconds = local.day
  enabled                            = !var.changed
  function_response_types            = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 5 * local.day
  }

  filter_criteria {
    filter {
      pattern = jsonencode({ body = { day = [local.day] } })
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = 3600 * local.day
  maximum_retry_attempts       = local.day

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead.arn
    }
  }
}
