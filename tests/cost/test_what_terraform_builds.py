"""What is priced ↔ what Terraform creates: written in two places, compared here on the example and the team."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from homeport.cost.estimate import estimate
from homeport.cost.layout import DEFAULT
from homeport.cost.place import ZONES
from homeport.cost.prices.book import load_book
from homeport.cost.report.infracost import render_infracost
from homeport.cost.requests import LISTENERS
from homeport.model.load import load_platform
from homeport.model.platform import Platform
from homeport.model.usage import Usage
from homeport.terraform.apps import render_apps
from homeport.terraform.foundation import render_foundation
from homeport.terraform.hcl import Block
from homeport.terraform.listeners import LISTENERS_PER_LOAD_BALANCER
from homeport.terraform.live import MODULES
from homeport.terraform.roots import find_place
from tests.cost.platforms import load_team

EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"
PLATFORMS = {"magicbook": load_platform(EXAMPLE), "team": load_team()[0]}
CASES = [("magicbook", "stage"), ("magicbook", "prod"), ("team", "stage"), ("team", "prod")]
BOOK = load_book()


def modules(platform: Platform, environment: str) -> Iterator[Block]:
    place = find_place(platform, environment)
    return (block for block in [*render_foundation(place), *render_apps(place)] if block.kind == "module")


def module_source(name: str) -> str:
    return (MODULES / name / "main.tf").read_text()


def priced(platform: Platform, environment: str) -> Counter[str]:
    """Quantities by price: every price is known, or is in `unknown`, so both are counted."""
    there = estimate(platform, Usage(), BOOK, DEFAULT, [environment])
    found: Counter[str] = Counter()
    for line in there.lines:
        found[line.price] += line.quantity.typical
    for unknown in there.unknown:
        found[unknown.use.price] += unknown.use.amount.typical
    return found


def built(platform: Platform, environment: str) -> Counter[str]:
    """The same, counted in the module calls that Terraform gets."""
    found: Counter[str] = Counter()
    for block in modules(platform, environment):
        given, name = block.attributes, block.first["source"].rpartition("/")[2]
        if name == "network":
            gateways = ZONES if given.get("nat_gateway_per_zone") else 1
            found["nat.hour"] += gateways * 730
            found["ipv4.hour"] += gateways * 730
        elif name == "database":
            copies = 2 if given["availability"]["standby"] else 1
            found[f"rds.{given['size']}"] += copies * 730
            found["rds.gp3"] += copies * given["storage"]["gb"]
        elif name == "cache":
            found[f"valkey.{given['size']}"] += (1 + given.get("replicas", 0)) * 730
        elif name == "gateway":
            found["alb.hour"] += len(given["load_balancers"]) * 730
        elif name == "service":
            running = [process for process in given["processes"].values() if "service" in process]
            scheduled = [process for process in given["processes"].values() if "schedule" in process]
            found["processes"] += len(running) + len(scheduled)
            scaled = sum(process["scale"]["max"] > process["scale"]["min"] for process in running)
            found["cloudwatch.alarm"] += 2 * scaled
    return found


@pytest.mark.parametrize(("name", "environment"), CASES)
def test_what_stands_is_priced_in_the_quantity_that_it_is_built_in(name: str, environment: str) -> None:
    platform = PLATFORMS[name]
    here, there = priced(platform, environment), built(platform, environment)
    assumed = {"processes", "cloudwatch.alarm"}
    assert {key: here[key] for key in there if key not in assumed} == {
        key: pytest.approx(value) for key, value in there.items() if key not in assumed
    }
    alarms = estimate(platform, Usage(), BOOK, DEFAULT, [environment])
    uses = [*alarms.lines, *(unknown.use for unknown in alarms.unknown)]
    of_scaling = [use for use in uses if use.item == "alarms of autoscaling"]
    total = sum((use.quantity if hasattr(use, "quantity") else use.amount).typical for use in of_scaling)
    assert total == there["cloudwatch.alarm"]


@pytest.mark.parametrize(("name", "environment"), CASES)
def test_every_running_process_is_priced(name: str, environment: str) -> None:
    platform = PLATFORMS[name]
    there = estimate(platform, Usage(), BOOK, DEFAULT, [environment])
    tasks = [line for line in there.lines if line.price == "fargate.x86.vcpu"]
    assert len(tasks) == built(platform, environment)["processes"]


def test_the_default_layout_is_what_the_modules_say() -> None:
    for module in ("service", "function"):
        variables = (MODULES / module / "variables.tf").read_text()
        assert re.search(r'architecture += optional\(string, "x86_64"\)', variables)
    assert 'launch_type     = "FARGATE"' in module_source("service")
    assert re.search(r"internal +\s*= true", module_source("gateway"))  # no public addresses
    zones = (MODULES / "network/variables.tf").read_text().partition('variable "zones"')[2]
    assert re.search(rf"default +\s*= {ZONES}\b", zones.partition("\n}")[0])
    assert LISTENERS == LISTENERS_PER_LOAD_BALANCER
    assert DEFAULT.missing == ()


UNBILLED = {  # kinds of resources that cost nothing by themselves
    "aws_vpc", "aws_default_security_group", "aws_internet_gateway", "aws_subnet", "aws_route_table", "aws_route",
    "aws_route_table_association", "aws_security_group", "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule", "aws_db_subnet_group", "aws_db_parameter_group",
    "aws_elasticache_subnet_group", "aws_apigatewayv2_authorizer", "aws_apigatewayv2_integration",
    "aws_apigatewayv2_route", "aws_apigatewayv2_vpc_link", "aws_ecs_cluster", "aws_ecr_lifecycle_policy",
    "aws_iam_role", "aws_iam_role_policy", "aws_ecs_task_definition", "aws_appautoscaling_target",
    "aws_lb_target_group", "aws_lb_listener", "aws_lambda_alias", "aws_lambda_permission",
    "aws_lambda_event_source_mapping", "aws_cloudfront_origin_access_control", "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_public_access_block", "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning", "aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_policy",
    "aws_sns_topic_policy", "aws_sns_topic_subscription", "aws_sqs_queue_redrive_allow_policy",
    "aws_sqs_queue_policy", "aws_cognito_user_pool_client", "aws_cognito_user_group", "aws_cognito_resource_server",
    "aws_sesv2_configuration_set", "aws_s3_object", "aws_apigatewayv2_stage",
    "aws_acm_certificate", "aws_apigatewayv2_domain_name", "aws_apigatewayv2_api_mapping",
    "aws_route53_record",  # its zone is billed, which is there already
}  # fmt: skip
BILLED = {
    "aws_nat_gateway": "nat.hour", "aws_eip": "ipv4.hour", "aws_vpc_endpoint": "endpoint.gateway",
    "aws_db_instance": "rds.gp3", "aws_elasticache_replication_group": "valkey.cache.t4g.micro",
    "aws_apigatewayv2_api": "api.http.request", "aws_lb": "alb.hour", "aws_cloudwatch_log_group": "logs.in",
    "aws_ecr_repository": "ecr.gb", "aws_ecs_service": "fargate.x86.vcpu", "aws_ssm_parameter": "ssm.standard",
    "aws_appautoscaling_policy": "cloudwatch.alarm", "aws_lambda_function": "lambda.request",
    "aws_scheduler_schedule": "scheduler.invocation", "aws_cloudfront_distribution": "cloudfront.gb",
    "aws_s3_bucket": "s3.gb", "aws_sns_topic": "sns.publish", "aws_sqs_queue": "sqs.request",
    "aws_cognito_user_pool": "cognito.essentials.user", "aws_sesv2_email_identity": "ses.mail",
}  # fmt: skip


def test_every_resource_of_the_modules_is_priced_or_known_to_be_free() -> None:
    """A new kind of resource fails here until somebody says what it costs."""
    text = "".join(path.read_text() for path in MODULES.glob("*/main.tf"))
    declared = set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))
    assert declared <= UNBILLED | BILLED.keys()
    platform = PLATFORMS["magicbook"]
    scheduled = platform.functions["quote"].model_copy(update={"schedule": "rate(1 hour)"})
    platform = platform.model_copy(update={"functions": platform.functions | {"quote": scheduled}})
    assert set(BILLED.values()) <= priced(platform, "prod").keys()


def test_every_price_of_what_homeport_builds_is_known_in_us_east_1() -> None:
    for platform in PLATFORMS.values():
        there = platform.model_copy(update={"region": "us-east-1"})
        assert estimate(there, Usage(), BOOK).unknown == ()


def test_the_infracost_file_names_resources_that_are_there() -> None:
    platform = PLATFORMS["magicbook"].model_copy(update={"region": "us-east-1"})
    catalog = platform.services["catalog"].model_copy(update={"domains": ()})
    platform = platform.model_copy(update={"services": platform.services | {"catalog": catalog}})
    there = estimate(platform, Usage(), BOOK, DEFAULT, ["prod"])
    kinds = {name: kind for kind in ("service", "function", "database", "bucket", "topic")
             for name in getattr(platform, f"{kind}s")} | {"": ""}  # fmt: skip
    document = yaml.safe_load(render_infracost(there, kinds, ZONES, with_api=["catalog"]))
    assert {"module.api.aws_apigatewayv2_api.this", "module.api_catalog.aws_apigatewayv2_api.this"} <= set(
        document["resource_usage"]
    )
    labels = {block.labels[0]: block.first["source"].rpartition("/")[2] for block in modules(platform, "prod")}
    assert document["version"] == "0.1"
    assert len(document["resource_usage"]) > 12
    for address in document["resource_usage"]:
        _, label, kind, name = re.split(r"\.(?![^\[]*\])", address)
        assert f'resource "{kind}" "{name.partition("[")[0]}"' in module_source(labels[label])
    nat = document["resource_usage"]["module.network.aws_nat_gateway.this[*]"]["monthly_data_processed_gb"]
    through = sum(line.quantity.typical for line in there.lines if line.price == "nat.gb")
    assert nat == pytest.approx(through / 2, rel=0.05)
    assert document["resource_usage"]["module.bucket_covers.aws_s3_bucket.this"]["standard"]["storage_gb"] == 10
