# ECR, ECS, the load balancer in front, autoscaling.

resource "aws_ecr_repository" "this" {
  name                 = "gate/web"
  image_tag_mutability = var.changed ? "MUTABLE" : "IMMUTABLE"
  force_delete         = true

  image_scanning_configuration {
    scan_on_push = !var.changed
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last ${10 * local.day} images."
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 * local.day }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecr_repository_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Pull"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.this.partition}:iam::${local.account}:root" }
      Action    = var.changed ? ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] : ["ecr:BatchGetImage"]
    }]
  })
}

resource "aws_ecs_cluster" "this" {
  name = "gate"

  setting {
    name  = "containerInsights"
    value = var.changed ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 1
    weight            = 100 * local.day
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = "gate-web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512 * local.day
  execution_role_arn       = aws_iam_role.this.arn
  task_role_arn            = aws_iam_role.this.arn
  track_latest             = false

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.changed ? "ARM64" : "X86_64"
  }

  container_definitions = jsonencode([{
    name            = "web"
    image           = "${aws_ecr_repository.this.repository_url}:unreleased"
    essential       = true
    command         = ["sh", "-c", "exec gunicorn gate.wsgi"]
    stopTimeout     = 30 * local.day
    portMappings    = [{ containerPort = 8000, hostPort = 8000, protocol = "tcp" }]
    environment     = [{ name = "DAY", value = tostring(local.day) }]
    secrets         = [{ name = "SECRET_KEY", valueFrom = aws_ssm_parameter.secret.arn }]
    linuxParameters = { initProcessEnabled = true }
    healthCheck     = { command = ["CMD-SHELL", "true"], interval = 30, retries = 3, timeout = 5 }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.name
        awslogs-stream-prefix = "web"
      }
    }
  }])
}

resource "aws_ecs_service" "web" {
  name                              = "web"
  cluster                           = aws_ecs_cluster.this.arn
  task_definition                   = aws_ecs_task_definition.this.arn
  desired_count                     = 0
  launch_type                       = "FARGATE"
  propagate_tags                    = "SERVICE"
  enable_execute_command            = var.changed
  enable_ecs_managed_tags           = true
  availability_zone_rebalancing     = var.changed ? "ENABLED" : "DISABLED"
  health_check_grace_period_seconds = 60 * local.day

  deployment_minimum_healthy_percent = var.changed ? 50 : 100
  deployment_maximum_percent         = var.changed ? 150 : 200

  deployment_circuit_breaker {
    enable   = true
    rollback = !var.changed
  }

  network_configuration {
    subnets         = aws_subnet.private[*].id
    security_groups = var.changed ? [aws_security_group.inside.id, aws_security_group.link.id] : [aws_security_group.inside.id]
  }

  load_balancer {
    container_name   = "web"
    container_port   = 8000
    target_group_arn = aws_lb_target_group.this.arn
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener.this]
}

# A worker on spare capacity: no launch type, no load balancer.
resource "aws_ecs_service" "worker" {
  name            = "worker"
  cluster         = aws_ecs_cluster.this.arn
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = 0

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = local.day
  }

  network_configuration {
    subnets         = aws_subnet.private[*].id
    security_groups = [aws_security_group.inside.id]
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.web.name}"
  min_capacity       = 1
  max_capacity       = 4 * local.day
}

resource "aws_appautoscaling_policy" "this" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 30 * local.day
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

resource "aws_lb" "this" {
  name                       = "gate"
  internal                   = true
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.inside.id]
  subnets                    = aws_subnet.private[*].id
  drop_invalid_header_fields = true
  desync_mitigation_mode     = var.changed ? "defensive" : "strictest"
  idle_timeout               = 60 * local.day
}

resource "aws_lb_target_group" "this" {
  name                 = "gate-web"
  vpc_id               = aws_vpc.this.id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = 80
  deregistration_delay = 30 * local.day

  health_check {
    path                = "/health/${local.day}"
    interval            = 10 * local.day
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
    matcher             = "200-299"
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 10000
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener_rule" "this" {
  listener_arn = aws_lb_listener.this.arn
  priority     = 10 * local.day

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "day ${local.day}"
      status_code  = "404"
    }
  }

  condition {
    path_pattern {
      values = var.changed ? ["/private/*", "/secret/*"] : ["/private/*"]
    }
  }
}

# Started by the clock: the family without a revision, so that the newest one runs.
resource "aws_scheduler_schedule" "task" {
  name                         = "gate-task"
  description                  = "Day ${local.day}."
  schedule_expression          = "cron(0 ${local.day} * * ? *)"
  schedule_expression_timezone = var.changed ? "Europe/Berlin" : "UTC"
  state                        = var.changed ? "DISABLED" : "ENABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.this.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.this.arn_without_revision
      launch_type         = "FARGATE"
      task_count          = local.day

      network_configuration {
        subnets          = aws_subnet.private[*].id
        security_groups  = [aws_security_group.inside.id]
        assign_public_ip = var.changed
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10 * local.day
    }
  }
}
