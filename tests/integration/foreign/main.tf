# Terraform as somebody else would write it: no module, no name, no convention of Homeport's.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
}

variable "image" {
  type = string
}

variable "function_zip" {
  type = string
}

# A container behind a public load balancer with path rules.

resource "aws_vpc" "main" {
  cidr_block = "10.9.0.0/16"
}

resource "aws_subnet" "public" {
  for_each          = { a = "10.9.0.0/24", b = "10.9.1.0/24" }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "us-east-1${each.key}"
}

resource "aws_lb" "front" {
  name               = "front"
  load_balancer_type = "application"
  subnets            = [for subnet in aws_subnet.public : subnet.id]
}

resource "aws_lb_target_group" "hello" {
  name        = "hello"
  port        = 9000
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id

  health_check {
    path = "/"
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.front.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "nothing here"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "hello" {
  listener_arn = aws_lb_listener.http.arn
  priority     = 10

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.hello.arn
  }

  condition {
    path_pattern {
      values = ["/hello*"]
    }
  }
}

resource "aws_secretsmanager_secret" "greeting" {
  name = "greeting"
}

resource "aws_secretsmanager_secret_version" "greeting" {
  secret_id     = aws_secretsmanager_secret.greeting.id
  secret_string = jsonencode({ word = "moin" })
}

resource "aws_cloudwatch_log_group" "hello" {
  name = "hello-logs"
}

resource "aws_iam_role" "anything" {
  name = "anything"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"] }
    }]
  })
}

resource "aws_ecs_cluster" "main" {
  name = "main"
}

resource "aws_ecs_task_definition" "hello" {
  family                   = "hello"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.anything.arn
  container_definitions = jsonencode([{
    name         = "hello"
    image        = var.image
    essential    = true
    command      = ["python", "hello.py"]
    portMappings = [{ containerPort = 9000 }]
    secrets      = [{ name = "GREETING", valueFrom = "${aws_secretsmanager_secret.greeting.arn}:word::" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.hello.name
        awslogs-region        = "us-east-1"
        awslogs-stream-prefix = "hello"
      }
    }
  }])
  depends_on = [aws_secretsmanager_secret_version.greeting]
}

resource "aws_ecs_service" "hello" {
  name                  = "hello"
  cluster               = aws_ecs_cluster.main.id
  task_definition       = aws_ecs_task_definition.hello.arn
  desired_count         = 2
  launch_type           = "FARGATE"
  wait_for_steady_state = true

  network_configuration {
    subnets = [for subnet in aws_subnet.public : subnet.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.hello.arn
    container_name   = "hello"
    container_port   = 9000
  }

  depends_on = [aws_lb_listener_rule.hello]
}

# A function behind an API, and on a topic.

resource "aws_lambda_function" "echo" {
  function_name    = "echo"
  role             = aws_iam_role.anything.arn
  runtime          = "python3.11"
  handler          = "echo.handler"
  filename         = var.function_zip
  source_code_hash = filebase64sha256(var.function_zip)

  environment {
    variables = { BUCKET = aws_s3_bucket.kept.bucket }
  }
}

resource "aws_apigatewayv2_api" "quick" {
  name          = "quick"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_stage" "v1" {
  api_id      = aws_apigatewayv2_api.quick.id
  name        = "v1"
  auto_deploy = true
}

resource "aws_apigatewayv2_integration" "echo" {
  api_id                 = aws_apigatewayv2_api.quick.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.echo.invoke_arn
  payload_format_version = "1.0"
}

resource "aws_apigatewayv2_route" "default" {
  api_id    = aws_apigatewayv2_api.quick.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.echo.id}"
}

resource "aws_s3_bucket" "kept" {
  bucket = "kept-by-echo"
}

resource "aws_sns_topic" "news" {
  name = "news"
}

resource "aws_sns_topic_subscription" "echo" {
  topic_arn = aws_sns_topic.news.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.echo.arn
}

resource "aws_lambda_permission" "news" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.news.arn
}

output "api" {
  value = aws_apigatewayv2_stage.v1.invoke_url
}

output "listener" {
  value = aws_lb_listener.http.arn
}

output "topic" {
  value = aws_sns_topic.news.arn
}
