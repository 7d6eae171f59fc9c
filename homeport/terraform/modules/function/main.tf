# One function: Lambda behind the alias `live`, with its routes, queues and schedule, and the rights that it needs.
#
# Terraform owns the configuration; it makes the function with a placeholder. A deploy publishes code as a version and
# points the alias at it; Terraform leaves both alone from then on.

locals {
  account    = split(":", aws_cloudwatch_log_group.this.arn)[4]
  in_network = var.network == null ? {} : { network = var.network }
  schedules  = var.schedule == null ? {} : { schedule = var.schedule }
}

# ── what it may do ────────────────────────────────────────────────────────────────────────────────────────────────────

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.queues) > 0 ? [values(var.queues)] : []

    content {
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = statement.value
    }
  }

  # Network interfaces have no names beforehand: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
  dynamic "statement" {
    for_each = local.in_network

    content {
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = var.permissions

    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.roles.function
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "this" {
  name   = "uses"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

# ── whom it reaches ───────────────────────────────────────────────────────────────────────────────────────────────────

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5: Attached to the function below.
  for_each = local.in_network

  name        = var.name
  description = "The function ${var.name}."
  vpc_id      = each.value.vpc_id

  tags = { Name = var.name }
}

resource "aws_vpc_security_group_egress_rule" "anywhere" {
  # Functions call AWS and third parties, whose addresses and ports nobody knows beforehand.
  for_each = aws_security_group.this

  security_group_id = each.value.id
  description       = "To AWS, third parties, and whatever lets this group in."
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "used" {
  for_each = try(var.network.reaches, {})

  security_group_id            = each.value.security_group_id
  description                  = "From ${var.name}."
  referenced_security_group_id = aws_security_group.this["network"].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# ── what runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158: CloudWatch encrypts logs with its own key.
  name              = var.logs.group
  retention_in_days = var.logs.days
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50: Traces are billed each; logs carry the request's id.
  #checkov:skip=CKV_AWS_116: Messages come from queues that have dead-letter queues; requests have a caller.
  #checkov:skip=CKV_AWS_173: The environment holds no secrets.
  #checkov:skip=CKV_AWS_272: Only the deploy role may change code; signing it again would prove the same.
  function_name                  = var.name
  role                           = aws_iam_role.this.arn
  runtime                        = var.code.runtime
  handler                        = var.code.handler
  memory_size                    = var.code.memory_mb
  timeout                        = var.code.timeout_seconds
  architectures                  = [var.code.architecture]
  reserved_concurrent_executions = var.concurrency
  filename                       = "${path.module}/placeholder.zip"
  publish                        = true

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []

    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = local.in_network

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = [aws_security_group.this["network"].id]
    }
  }

  lifecycle {
    ignore_changes = [filename, source_code_hash] # a deploy's
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What answers."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config] # a deploy's
  }
}

# ── what invokes it ───────────────────────────────────────────────────────────────────────────────────────────────────

resource "aws_lambda_event_source_mapping" "this" {
  for_each = var.queues

  event_source_arn        = each.value
  function_name           = aws_lambda_alias.live.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_lambda_permission" "api" {
  for_each = length(var.routes) > 0 ? { api = var.api } : {}

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${each.value.execution_arn}/*"
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = length(var.routes) > 0 ? { api = var.api } : {}

  api_id                 = each.value.id
  description            = var.name
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.live.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000 # the most that the API allows
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309: Routes are open unless they say `auth`; many have to be.
  for_each = var.routes

  api_id               = var.api.id
  route_key            = each.key
  target               = "integrations/${aws_apigatewayv2_integration.this["api"].id}"
  authorization_type   = each.value.auth ? "JWT" : "NONE"
  authorizer_id        = each.value.auth ? var.api.authorizer_id : null
  authorization_scopes = each.value.auth ? each.value.scopes : null
}

data "aws_iam_policy_document" "assume_schedule" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "schedule" {
  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_alias.live.arn]
  }
}

resource "aws_iam_role" "schedule" {
  for_each = local.schedules

  name               = var.roles.schedule
  assume_role_policy = data.aws_iam_policy_document.assume_schedule.json
}

resource "aws_iam_role_policy" "schedule" {
  for_each = local.schedules

  name   = "invoke"
  role   = aws_iam_role.schedule[each.key].id
  policy = data.aws_iam_policy_document.schedule.json
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297: A schedule holds no data of its own.
  for_each = local.schedules

  name                = each.value.name
  schedule_expression = each.value.expression

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_alias.live.arn
    role_arn = aws_iam_role.schedule[each.key].arn

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}
