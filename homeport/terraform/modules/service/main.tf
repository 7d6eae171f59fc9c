# One service: its processes as Fargate services, with the rights and the secrets that it needs and no more.
#
# Terraform owns the template: task definitions whose image is not there yet, and services that run nothing. A deploy
# registers a revision with a real image and sets the number of tasks; Terraform leaves both alone from then on.

locals {
  region    = split(":", var.cluster_arn)[3]
  account   = split(":", var.cluster_arn)[4]
  cluster   = split("/", var.cluster_arn)[1]
  config    = dirname(aws_ssm_parameter.secret_key.arn) # every parameter below is config of this service
  running   = { for name, process in var.processes : name => process if process.service != null }
  autoscale = { for name, process in local.running : name => process if process.scale.max > process.scale.min }
  scheduled = { for name, process in var.processes : name => process if process.schedule != null }
  clock     = length(local.scheduled) > 0 ? { schedule = var.roles.schedule } : {}
  ecs       = join(":", slice(split(":", var.cluster_arn), 0, 5))
  live      = { for name, process in local.scheduled : name => "${local.ecs}:task-definition/${process.schedule.family}" }

  environment = merge(var.environment, { AWS_REGION = local.region, AWS_DEFAULT_REGION = local.region })
  listening   = { HOST = "0.0.0.0", PORT = tostring(try(var.web.port, 0)) }
  secrets     = merge(var.secrets.parameters, { SECRET_KEY = aws_ssm_parameter.secret_key.arn })
}

# ── what it may do ────────────────────────────────────────────────────────────────────────────────────────────────────

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# What ECS does for a task: fetch the image, read the secrets, write the logs.
data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # it knows no other
  }

  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.repository.arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  statement {
    actions   = ["ssm:GetParameters"]
    resources = concat(["${local.config}/*"], sort(distinct(values(var.secrets.parameters))))
  }
}

# What the code itself does.
data "aws_iam_policy_document" "task" {
  dynamic "statement" {
    for_each = var.permissions

    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = var.roles.execution
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "start"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name               = var.roles.task
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "task" {
  for_each = length(var.permissions) > 0 ? { uses = data.aws_iam_policy_document.task.json } : {}

  name   = each.key
  role   = aws_iam_role.task.id
  policy = each.value
}

# ── whom it reaches, and who reaches it ───────────────────────────────────────────────────────────────────────────────

resource "aws_security_group" "this" {
  name        = var.name
  description = "Tasks of ${var.name}."
  vpc_id      = var.network.vpc_id

  tags = { Name = var.name }
}

resource "aws_vpc_security_group_egress_rule" "anywhere" {
  # Services call AWS and third parties, whose addresses and ports nobody knows beforehand.
  security_group_id = aws_security_group.this.id
  description       = "To AWS, third parties, and whatever lets this group in."
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each = var.web == null ? {} : { web = var.web }

  security_group_id            = aws_security_group.this.id
  description                  = "Requests and health checks from the load balancer."
  referenced_security_group_id = each.value.load_balancer_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "used" {
  for_each = var.reaches

  security_group_id            = each.value.security_group_id
  description                  = "From ${var.name}."
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# ── what it knows ─────────────────────────────────────────────────────────────────────────────────────────────────────

ephemeral "aws_secretsmanager_random_password" "secret_key" {
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_ssm_parameter" "secret_key" {
  #checkov:skip=CKV_AWS_337: SecureString is encrypted with AWS's own key of the account; a key of our own costs $1 a month and lets the same principals in.
  name             = "${var.secrets.path}/SECRET_KEY"
  description      = "Signs sessions and tokens of ${var.name}."
  type             = "SecureString"
  value_wo         = ephemeral.aws_secretsmanager_random_password.secret_key.random_password
  value_wo_version = 1
}

# ── what runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158: CloudWatch encrypts logs with its own key.
  name              = var.logs.group
  retention_in_days = var.logs.days
}

resource "aws_ecs_task_definition" "this" {
  # Applications that come from Heroku write temporary files; a task's disk is its own and goes with it.
  for_each = var.processes

  family                   = each.value.family
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(each.value.architecture)
  }

  container_definitions = jsonencode([{
    name         = each.key
    image        = "${var.repository.url}:unreleased"
    essential    = true
    command      = ["sh", "-c", each.value.command]
    cpu          = each.value.cpu
    memory       = each.value.memory_mb
    stopTimeout  = each.value.stop_timeout_seconds
    portMappings = each.key == "web" && var.web != null ? [{ containerPort = var.web.port, hostPort = var.web.port, protocol = "tcp" }] : []

    environment = [
      for name, value in merge(local.environment, each.key == "web" && var.web != null ? local.listening : {}) :
      { name = name, value = value }
    ]
    secrets = [for name, arn in local.secrets : { name = name, valueFrom = arn }]

    linuxParameters = { initProcessEnabled = true } # reaps what the application leaves behind

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = local.region
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  for_each = local.running

  name            = each.value.service
  cluster         = var.cluster_arn
  task_definition = aws_ecs_task_definition.this[each.key].arn
  desired_count   = 0
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = each.key == "web" && var.web != null ? var.web.grace_seconds : null

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets         = var.network.subnet_ids
    security_groups = [aws_security_group.this.id]
  }

  dynamic "load_balancer" {
    for_each = each.key == "web" && var.web != null ? [var.web] : []

    content {
      container_name   = each.key
      container_port   = load_balancer.value.port
      target_group_arn = load_balancer.value.target_group_arn
    }
  }

  lifecycle {
    ignore_changes = [task_definition, desired_count] # a deploy's
  }

  depends_on = [aws_iam_role_policy.execution] # tasks need it to start, and to stop in order
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.autoscale

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${local.cluster}/${aws_ecs_service.this[each.key].name}"
  min_capacity       = each.value.scale.min
  max_capacity       = each.value.scale.max
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.autoscale

  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.scale.cpu_percent
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# ── what the clock starts ─────────────────────────────────────────────────────────────────────────────────────────────

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
  for_each = local.clock

  statement {
    actions   = ["ecs:RunTask"]
    resources = flatten([for arn in local.live : [arn, "${arn}:*"]]) # AWS asks for either, as no revision is named

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster_arn]
    }
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.execution.arn, aws_iam_role.task.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "schedule" {
  for_each = local.clock

  name               = each.value
  assume_role_policy = data.aws_iam_policy_document.assume_schedule.json
}

resource "aws_iam_role_policy" "schedule" {
  for_each = local.clock

  name   = "run"
  role   = aws_iam_role.schedule[each.key].id
  policy = data.aws_iam_policy_document.schedule[each.key].json
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297: A schedule holds no data of its own.
  for_each = local.scheduled

  name                         = each.value.schedule.name
  description                  = "${each.key} of ${var.name}."
  schedule_expression          = each.value.schedule.expression
  schedule_expression_timezone = each.value.schedule.timezone
  state                        = each.value.schedule.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.cluster_arn
    role_arn = aws_iam_role.schedule["schedule"].arn

    ecs_parameters {
      task_definition_arn = local.live[each.key] # its newest revision: the release that a deploy made current
      launch_type         = "FARGATE"
      task_count          = 1

      network_configuration {
        subnets          = var.network.subnet_ids
        security_groups  = [aws_security_group.this.id]
        assign_public_ip = false
      }
    }

    # Only a task that could not be started is tried again. After an hour it is dropped and counted, not kept: the next
    # run does its work.
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}
