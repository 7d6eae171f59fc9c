"""Terraform's heroku_* resources."""

import pytest

from homeport.heroku.files.findings import Place
from homeport.heroku.files.terraform import parse_terraform
from homeport.heroku.records import (
    AddOn,
    App,
    Attachment,
    Buildpack,
    Certificate,
    Collaborator,
    ConfigVar,
    Coupling,
    Domain,
    Drain,
    Feature,
    Inventory,
    Job,
    Other,
    Pipeline,
    Process,
    Repository,
    ReviewApps,
    Space,
)

WHOLE = """\
variable "name" { default = "shop" }
variable "token" {}
locals {
  stack = "heroku-24"
  full  = "${var.name}-web"
}
resource "aws_s3_bucket" "other" { bucket = "x" }
resource "heroku_app" "web" {
  name       = local.full
  region     = "eu"
  stack      = local.stack
  buildpacks = ["heroku/python"]
  config_vars = {
    DEBUG = "False"
    TOKEN = var.token
  }
  sensitive_config_vars = { PASSPHRASE = "open sesame" }
  organization { name = "acme" }
}
resource "heroku_addon" "db" {
  app_id = heroku_app.web.id
  plan   = "heroku-postgresql:standard-0"
  config = { version = "15" }
}
resource "heroku_addon_attachment" "db" {
  app_id   = heroku_app.web.id
  addon_id = heroku_addon.db.id
  name     = "REPORTS"
}
resource "heroku_formation" "web" {
  app_id   = heroku_app.web.id
  type     = "web"
  quantity = 2
  size     = "Standard-1x"
}
resource "heroku_domain" "www" {
  app_id   = heroku_app.web.id
  hostname = "www.example.com"
}
resource "heroku_drain" "logs" {
  app_id = heroku_app.web.id
  url    = "https://user:hunter2@logs.example.com/drain"
}
resource "heroku_pipeline" "shop" { name = "shop" }
resource "heroku_pipeline_coupling" "web" {
  app_id   = heroku_app.web.id
  pipeline = heroku_pipeline.shop.id
  stage    = "production"
}
resource "heroku_pipeline_config_var" "test" {
  pipeline_id    = heroku_pipeline.shop.id
  pipeline_stage = "review"
  vars           = { FAST = "1" }
}
resource "heroku_config" "common" {
  vars           = { LANG = "en", SECRET = var.token }
}
resource "heroku_app_config_association" "web" {
  app_id = heroku_app.web.id
  vars   = heroku_config.common.vars
}
resource "heroku_space" "private" {
  name   = "shop-space"
  region = "dublin"
  shield = true
}
resource "heroku_review_app_config" "shop" {
  pipeline_id           = heroku_pipeline.shop.id
  automatic_review_apps = true
  stale_days            = 5
}
resource "heroku_ssl" "www" { app_id = heroku_app.web.id }
resource "heroku_app_feature" "preboot" {
  app_id = heroku_app.web.id
  name   = "preboot"
}
resource "heroku_team_collaborator" "a" {
  app   = heroku_app.web.name
  email = "a@example.com"
}
resource "heroku_build" "web" {
  app_id = heroku_app.web.id
}
resource "heroku_slug" "web" {
  app_id        = heroku_app.web.id
  process_types = { worker = "celery" }
}
"""


def read(text: str, values: str = "") -> Inventory:
    tfvars = [(values, Place("infra/terraform.tfvars", ""))] if values else []
    return parse_terraform([(text, Place("infra/main.tf", ""))], tfvars)


def said(found: Inventory) -> str:
    return "\n".join(f"{doubt.place}: {doubt.text}" for doubt in found.doubts)


def test_each_resource_becomes_its_record_with_the_line_of_its_block() -> None:
    found = read(WHOLE)
    app = next(found.of(App))
    assert (app.app, app.region, app.stack, app.team) == ("shop-web", "eu", "heroku-24", "acme")
    assert app.origin == "infra/main.tf:8: heroku_app.web"
    assert {record.app for record in found.records if record.app} == {"shop-web"}
    assert [(a.name, a.service, a.plan, dict(a.options)) for a in found.of(AddOn)] == [
        ("db", "heroku-postgresql", "standard-0", {"version": "15"})
    ]
    assert [(a.name, a.addon) for a in found.of(Attachment)] == [("REPORTS", "db")]
    assert [(p.type, p.size, p.quantity, p.command) for p in found.of(Process)] == [
        ("web", "Standard-1x", 2, ""),
        ("worker", "", None, "celery"),
    ]
    assert [pack.name for pack in found.of(Buildpack)] == ["heroku/python"]
    assert [domain.hostname for domain in found.of(Domain)] == ["www.example.com"]
    assert [drain.host for drain in found.of(Drain)] == ["logs.example.com"]
    assert [pipeline.name for pipeline in found.of(Pipeline)] == ["shop"]
    assert [(c.pipeline, c.stage) for c in found.of(Coupling)] == [("shop", "production")]
    assert [(s.name, s.region, s.is_shield) for s in found.of(Space)] == [("shop-space", "dublin", True)]
    assert [(r.pipeline, r.automatic, r.stale_days) for r in found.of(ReviewApps)] == [("shop", True, 5)]
    assert [certificate.name for certificate in found.of(Certificate)] == ["www"]
    assert [(f.name, f.is_enabled) for f in found.of(Feature)] == [("preboot", True)]
    assert [person.email for person in found.of(Collaborator)] == ["a@example.com"]
    assert [other.kind for other in found.of(Other)] == [
        "terraform resource heroku_build",
        "terraform resource heroku_slug",
    ]
    assert len({record.origin for record in found.records}) == len(found.records)


def test_config_vars_are_named_and_only_plain_ones_have_defaults() -> None:
    found = read(WHOLE)
    assert {(v.stage, v.name): v.default for v in found.of(ConfigVar)} == {
        ("", "DEBUG"): "False",
        ("", "TOKEN"): None,
        ("", "PASSPHRASE"): None,
        ("review", "FAST"): "1",
        ("", "LANG"): "en",
        ("", "SECRET"): None,
    }
    assert found.values == {("shop-web", "PASSPHRASE"): "open sesame"}
    assert "sesame" not in repr(found)
    assert "hunter2" not in repr(found)
    assert "infra/main.tf:8: heroku_app.web: config_vars: the value of TOKEN cannot be known" in said(found)


def test_tfvars_say_what_variables_are() -> None:
    found = read('variable "n" {}\nresource "heroku_app" "a" { name = var.n }\n', 'n = "shop"\n')
    assert [app.app for app in found.of(App)] == ["shop"]
    assert not found.doubts


def test_count_and_for_each_are_counted_where_that_is_possible() -> None:
    text = """
variable "apps" { default = ["a", "b"] }
resource "heroku_app" "each" {
  for_each = toset(var.apps)
  name     = "shop-${each.key}"
}
resource "heroku_app" "count" {
  count = 2
  name  = "n${count.index}"
}
resource "heroku_app" "map" {
  for_each = { x = { region = "eu" } }
  name     = each.key
  region   = each.value.region
}
resource "heroku_addon" "db" {
  for_each = toset(var.apps)
  app_id   = heroku_app.each[each.key].id
  plan     = "heroku-redis:mini"
}
resource "heroku_domain" "none" {
  count    = 0
  app_id   = "x"
  hostname = "x"
}
"""
    found = read(text)
    assert [app.app for app in found.of(App)] == ["shop-a", "shop-b", "n0", "n1", "x"]
    assert [app.region for app in found.of(App)][-1] == "eu"
    assert [(a.app, a.name) for a in found.of(AddOn)] == [("shop-a", "db-a"), ("shop-b", "db-b")]
    assert not list(found.of(Domain))
    assert not found.doubts
    assert next(found.of(AddOn)).origin == 'infra/main.tf:16: heroku_addon.db["a"]'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('resource "heroku_app" "a" {\n  count = length(var.x)\n  name = "s"\n}', "count cannot be known"),
        ('resource "heroku_app" "a" { name = lower("X") }', "name cannot be known"),
        ('resource "heroku_app" "a" { name = local.a }\nlocals { a = local.a }', "name cannot be known"),
        ('module "shop" { source = "./shop" }', "modules are not followed"),
        ('resource "heroku_app" "a" {\n', "a block is not HCL"),
    ],
)
def test_what_only_terraform_knows_is_doubted(text: str, expected: str) -> None:
    assert f"infra/main.tf:1: {expected}" in said(read(text)).replace("heroku_app.a: ", "").replace("module.shop: ", "")


def test_one_broken_block_does_not_hide_the_others() -> None:
    found = read('resource "heroku_app" "a" {\n  name = = "x"\n}\nresource "heroku_app" "b" { name = "b" }\n')
    assert [app.app for app in found.of(App)] == ["b"]
    assert [doubt.place for doubt in found.doubts] == ["infra/main.tf:1"]


def test_locals_that_double_each_other_end_at_some_point() -> None:
    chain = "".join(f'  l{n} = "${{local.l{n - 1}}}${{local.l{n - 1}}}"\n' for n in range(1, 40))
    found = read(f'locals {{\n  l0 = "x"\n{chain}}}\nresource "heroku_app" "a" {{ name = local.l39 }}\n')
    assert "name cannot be known" in said(found)


def test_an_app_whose_name_is_not_known_keeps_what_belongs_to_it() -> None:
    text = """
resource "heroku_app" "main" { name = var.app_name }
resource "heroku_formation" "web" {
  app_id = heroku_app.main.id
  type   = "web"
}
resource "heroku_addon" "cache" {
  app  = var.app_name
  plan = "heroku-redis:mini"
}
"""
    assert {record.app for record in read(text).records} == {"main"}


def test_merged_variables_and_data_sources_are_followed() -> None:
    text = """
data "heroku_app" "shop" { name = "shop" }
locals { logs = { vars = { LOG = "info", HOST = module.x.y } } }
resource "heroku_config" "all" { vars = merge(local.logs.vars, local.more) }
locals { more = { LANG = "en" } }
resource "heroku_app_config_association" "a" {
  app_id = data.heroku_app.shop.id
  vars   = heroku_config.all.vars
}
"""
    variables = list(read(text).of(ConfigVar))
    assert {(v.app, v.name): v.default for v in variables} == {
        ("shop", "LOG"): "info",
        ("shop", "HOST"): None,
        ("shop", "LANG"): "en",
    }


def test_what_stands_in_comments_is_not_read() -> None:
    text = '/*\nresource "heroku_app" "a" {}\n*/\n# resource "heroku_app" "b" {}\nresource "heroku_app" "c" {}\n'
    assert [(app.app, app.origin) for app in read(text).of(App)] == [("c", "infra/main.tf:5: heroku_app.c")]


def test_locals_that_lead_to_each_other_end_at_some_point() -> None:
    text = 'locals { a = local.b.c\n b = local.a.c\n }\nresource "heroku_app" "a" { config_vars = local.a.b }\n'
    assert "config_vars cannot be known" in said(read(text))


def test_jobs_and_repositories_of_the_herokux_provider_are_read() -> None:
    text = """
resource "heroku_app" "bot" { name = "bot" }
resource "herokux_scheduler_job" "batch" {
  app_id    = heroku_app.bot.id
  command   = "python batch.py"
  dyno_size = "Basic"
  frequency = "every_day_at_3:30"
}
resource "herokux_scheduler_job" "often" {
  app_id    = heroku_app.bot.id
  command   = "python often.py"
  frequency = "every_ten_minutes"
}
resource "herokux_scheduler_job" "hourly" {
  app_id    = heroku_app.bot.id
  command   = "python hourly.py"
  frequency = "every_hour_at_30"
}
resource "herokux_app_github_integration" "bot" {
  app_id      = heroku_app.bot.id
  branch      = "main"
  auto_deploy = true
}
"""
    found = read(text)
    assert [(job.app, job.schedule, job.size) for job in found.of(Job)] == [
        ("bot", "daily at 03:30", "Basic"),
        ("bot", "10 minutes", ""),
        ("bot", "hourly at :30", ""),
    ]
    assert [(one.branch, one.is_automatic) for one in found.of(Repository)] == [("main", True)]
    assert not found.doubts


def test_an_add_on_whose_plan_is_not_known_is_told() -> None:
    found = read('resource "heroku_addon" "db" {\n  app_id = "shop"\n  plan = var.plan\n}\n')
    assert [(other.kind, other.name, other.app) for other in found.of(Other)] == [
        ("terraform resource heroku_addon", "db", "shop")
    ]
    assert "plan cannot be known" in said(found)


def test_an_association_with_variables_that_a_config_does_not_have_is_no_doubt() -> None:
    text = """
resource "heroku_config" "a" { vars = { LANG = "en" } }
resource "heroku_app_config_association" "a" {
  app_id         = "shop"
  vars           = heroku_config.a.vars
  sensitive_vars = heroku_config.a.sensitive_vars
}
"""
    assert [(v.name, v.default) for v in read(text).of(ConfigVar)] == [("LANG", "en")]
    assert not read(text).doubts


def test_merges_of_merges_end_at_some_point_and_many_variables_do_not() -> None:
    chain = "".join(f"  l{n} = merge(local.l{n - 1}, local.l{n - 1})\n" for n in range(1, 19))
    found = read(
        f'locals {{\n  l0 = {{ A = "1" }}\n{chain}}}\nresource "heroku_app" "a" {{ config_vars = local.l18 }}\n'
    )
    assert "config_vars cannot be known" in said(found)
    many = "".join(f'    V{n} = "1"\n' for n in range(2_000))
    apps = "".join(f'resource "heroku_app" "a{n}" {{\n  config_vars = local.v\n}}\n' for n in range(12))
    assert len(list(read(f"locals {{\n  v = {{\n{many}  }}\n}}\n{apps}").of(ConfigVar))) == 24_000
