# Terraform cannot mock ephemeral resources yet, so the provider is a real one: it only plans, and asks whatever answers at
# AWS_ENDPOINT_URL for a random password. Nothing else is called.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target          = aws_ssm_parameter.secret_key
  override_during = plan

  values = {
    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/homeport/prod/shop/SECRET_KEY"
  }
}

override_resource {
  target          = aws_cloudwatch_log_group.this
  override_during = plan

  values = {
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/homeport/prod/shop"
  }
}

override_resource {
  target          = aws_security_group.this
  override_during = plan

  values = {
    id = "sg-shop"
  }
}

variables {
  name        = "shop-prod-web"
  cluster_arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop-prod"

  network = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
  }

  repository = {
    url = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-prod/shop"
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/shop-prod/shop"
  }

  roles = {
    execution = "shop-prod-shop-execution"
    task      = "shop-prod-shop-task"
  }

  processes = {
    web = {
      family  = "shop-prod-shop-web"
      service = "shop-web"
      command = "gunicorn shop.wsgi --bind $${HOST}:$PORT"
    }
    worker = {
      family  = "shop-prod-shop-worker"
      service = "shop-worker"
      command = "python manage.py work"
      scale   = { min = 1, max = 4 }
    }
    release = {
      family  = "shop-prod-shop-release"
      command = "python manage.py migrate"
    }
  }

  web = {
    port                            = 8000
    target_group_arn                = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/1"
    load_balancer_security_group_id = "sg-lb"
  }

  environment = { GREETING = "hello" }

  secrets = {
    path       = "/homeport/prod/shop"
    parameters = { DATABASE_URL = "arn:aws:ssm:eu-west-1:123456789012:parameter/homeport/prod/databases/main/URL" }
  }

  reaches = {
    main = {
      security_group_id = "sg-main"
      port              = 5432
    }
  }

  permissions = [{
    actions   = ["sns:Publish"]
    resources = ["arn:aws:sns:eu-west-1:123456789012:shop-prod-sold"]
  }]

  logs = { group = "/homeport/prod/shop" }
}

run "services_wait_for_a_deploy" {
  command = plan

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.desired_count == 0]) && toset(keys(aws_ecs_service.this)) == toset(["web", "worker"])
    error_message = "Each process but the release phase must be a service that runs nothing yet."
  }

  assert {
    condition     = alltrue([for d in aws_ecs_task_definition.this : endswith(jsondecode(d.container_definitions)[0].image, ":unreleased")])
    error_message = "Templates must name no image that is there."
  }
}

run "tasks_run_on_x86_unless_told_otherwise" {
  command = plan

  variables {
    web = null
    processes = {
      worker = {
        family  = "f"
        command = "c"
      }
      tidy = {
        family       = "g"
        command      = "c"
        architecture = "arm64"
      }
    }
  }

  assert {
    condition = (
      aws_ecs_task_definition.this["worker"].runtime_platform[0].cpu_architecture == "X86_64" &&
      aws_ecs_task_definition.this["tidy"].runtime_platform[0].cpu_architecture == "ARM64"
    )
    error_message = "A task must run on the architecture of its image."
  }
}

run "secrets_are_read_from_parameters_and_settings_are_plain" {
  command = plan

  assert {
    condition = (
      toset([for s in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].secrets : s.name]) == toset(["DATABASE_URL", "SECRET_KEY"]) &&
      contains([for e in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].environment : e.name], "GREETING")
    )
    error_message = "Secrets must be names of parameters, never values."
  }

  assert {
    condition     = aws_ssm_parameter.secret_key.value_wo == null && aws_ssm_parameter.secret_key.type == "SecureString"
    error_message = "The secret key must be in no state."
  }
}

run "only_web_has_a_port_and_targets" {
  command = plan

  assert {
    condition     = length(aws_ecs_service.this["web"].load_balancer) == 1 && length(aws_ecs_service.this["worker"].load_balancer) == 0
    error_message = "Only `web` is reached by the load balancer."
  }

  assert {
    condition = (
      one([for e in jsondecode(aws_ecs_task_definition.this["web"].container_definitions)[0].environment : e.value if e.name == "PORT"]) == "8000" &&
      length([for e in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].environment : e if e.name == "PORT"]) == 0
    )
    error_message = "Only `web` must be told a port."
  }
}

run "a_failed_deploy_rolls_back_by_itself" {
  command = plan

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.deployment_circuit_breaker[0].rollback && service.deployment_minimum_healthy_percent == 100])
    error_message = "A deploy that fails must leave the old release running."
  }
}

run "only_what_may_grow_is_autoscaled" {
  command = plan

  assert {
    condition     = keys(aws_appautoscaling_target.this) == ["worker"] && aws_appautoscaling_target.this["worker"].max_capacity == 4
    error_message = "Only processes whose maximum is above their minimum are scaled."
  }
}

run "the_code_may_do_what_was_named_and_nothing_else" {
  command = plan

  assert {
    condition     = length(data.aws_iam_policy_document.task.statement) == 1 && one(data.aws_iam_policy_document.task.statement).actions == toset(["sns:Publish"])
    error_message = "The task role must have exactly the named permissions."
  }

  assert {
    condition     = toset(flatten([for s in data.aws_iam_policy_document.execution.statement : tolist(s.resources) if contains(s.actions, "ssm:GetParameters")])) == toset(["arn:aws:ssm:eu-west-1:123456789012:parameter/homeport/prod/shop/*", "arn:aws:ssm:eu-west-1:123456789012:parameter/homeport/prod/databases/main/URL"])
    error_message = "Tasks must read their own parameters, and those of what they use, and no others."
  }
}

run "databases_let_this_service_in" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_ingress_rule.used["main"].security_group_id == "sg-main" && aws_vpc_security_group_ingress_rule.used["main"].referenced_security_group_id == aws_security_group.this.id && aws_vpc_security_group_ingress_rule.used["main"].from_port == 5432
    error_message = "The database's group must let in this service's group, at the database's port."
  }
}

run "a_service_without_requests_or_uses_has_no_way_in" {
  command = plan

  variables {
    web         = null
    reaches     = {}
    permissions = []
    processes = {
      worker = {
        family  = "shop-prod-shop-worker"
        service = "shop-worker"
        command = "python manage.py work"
      }
    }
  }

  assert {
    condition     = length(aws_scheduler_schedule.this) == 0 && length(aws_iam_role.schedule) == 0 && length(aws_vpc_security_group_ingress_rule.web) == 0 && length(aws_vpc_security_group_ingress_rule.used) == 0 && length(aws_iam_role_policy.task) == 0
    error_message = "A worker that uses nothing must have no rights and no way in."
  }
}

run "the_clock_starts_the_newest_release_with_a_role_of_its_own" {
  command = plan

  variables {
    roles = {
      execution = "shop-prod-shop-execution"
      task      = "shop-prod-shop-task"
      schedule  = "shop-prod-shop-schedule"
    }
    web = null
    processes = {
      worker = {
        family  = "shop-prod-shop-worker"
        service = "shop-worker"
        command = "python manage.py work"
      }
      tidy = {
        family  = "shop-prod-shop-tidy"
        command = "python manage.py tidy"
        schedule = {
          name       = "shop-prod-shop-tidy"
          family     = "shop-prod-shop-tidy-live"
          expression = "cron(0 3 * * ? *)"
          enabled    = false
        }
      }
    }
  }

  assert {
    condition     = keys(aws_ecs_service.this) == ["worker"] && aws_ecs_task_definition.this["tidy"].family == "shop-prod-shop-tidy"
    error_message = "A schedule must have a template, and no service."
  }

  assert {
    condition     = aws_scheduler_schedule.this["tidy"].target[0].ecs_parameters[0].task_definition_arn == "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-prod-shop-tidy-live"
    error_message = "It must start the newest revision of the family that only a deploy registers in."
  }

  assert {
    condition     = aws_scheduler_schedule.this["tidy"].state == "DISABLED" && aws_scheduler_schedule.this["tidy"].schedule_expression_timezone == "UTC"
    error_message = "It must run in UTC unless told otherwise, and not at all if it is switched off."
  }

  assert {
    condition     = keys(aws_iam_role.schedule) == ["schedule"] && aws_iam_role.schedule["schedule"].name == "shop-prod-shop-schedule"
    error_message = "All schedules of a service must share one role."
  }

  assert {
    condition = one([for s in data.aws_iam_policy_document.schedule["schedule"].statement : toset(s.resources) if contains(s.actions, "ecs:RunTask")]) == toset([
      "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-prod-shop-tidy-live",
      "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-prod-shop-tidy-live:*",
    ])
    error_message = "The role must be able to start that family, and nothing else."
  }
}

run "a_schedule_that_is_none_is_refused" {
  command = plan

  variables {
    web = null
    processes = {
      tidy = {
        family   = "f"
        command  = "c"
        schedule = { name = "n", family = "f-live", expression = "every day" }
      }
    }
  }

  expect_failures = [var.processes]
}

run "a_permission_for_everything_is_refused" {
  command = plan

  variables {
    permissions = [{
      actions   = ["s3:GetObject"]
      resources = ["*"]
    }]
  }

  expect_failures = [var.permissions]
}

run "a_size_that_fargate_does_not_have_is_refused" {
  command = plan

  variables {
    web = null
    processes = {
      worker = {
        family  = "f"
        command = "c"
        cpu     = 300
      }
    }
  }

  expect_failures = [var.processes]
}
