# CloudWatch.

resource "aws_cloudwatch_log_group" "this" {
  name              = "/gate/all"
  retention_in_days = 30 * local.day
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = var.changed ? "{ $.level = \"error\" }" : "ERROR"

  metric_transformation {
    name          = "Errors"
    namespace     = "Gate"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = "gate-errors"
  alarm_description   = "Day ${local.day}."
  namespace           = "Gate"
  metric_name         = "Errors"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10 * local.day
  period              = 60
  evaluation_periods  = local.day
  datapoints_to_alarm = 1
  treat_missing_data  = var.changed ? "breaching" : "notBreaching"
  actions_enabled     = !var.changed
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = var.changed ? [] : [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "ratio" {
  alarm_name          = "gate-ratio"
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.day
  evaluation_periods  = 2

  metric_query {
    id          = "ratio"
    expression  = "100 * errors / requests"
    label       = "Percent of errors"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "5xx", requests = "Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApiGateway"
        metric_name = metric_query.value
        stat        = "Sum"
        period      = 60
        dimensions  = { ApiId = aws_apigatewayv2_api.this.id }
      }
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "gate"

  dashboard_body = jsonencode({
    widgets = [{ type = "text", x = 0, y = 0, width = 3, height = 3, properties = { markdown = "day ${local.day}" } }]
  })
}
