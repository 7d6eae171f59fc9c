"""How faithful each resource is on this machine, said honestly: Terraform resource type → level and reason.

live: it runs and does here what it does on AWS · emulated: its API answers as AWS's, nothing stands behind it that a
program could tell from the real thing · declared only: stored and shown, without effect · not enforced: it protects
something on AWS and does not here; a rehearsal proves nothing about it.
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["live", "emulated", "declared only", "not enforced"]


@dataclass(frozen=True)
class Fidelity:
    """One resource type's level, and what is behind it or missing."""

    level: Level
    why: str


def _same(level: Level, why: str, *types: str) -> dict[str, Fidelity]:
    return {f"aws_{type_}": Fidelity(level, why) for type_ in types}


OWN = "they run on this machine's own processors, whatever architecture is declared"
TASKS = f"supervised processes; CPU and memory sizes are not limited; {OWN}"
FUNCTIONS = f"run by AWS's runtime client; memory size is not limited; {OWN}"

FIDELITY: dict[str, Fidelity] = {
    **_same("live", TASKS, "ecs_service", "ecs_task_definition"),
    **_same("emulated", "groups services", "ecs_cluster", "ecs_cluster_capacity_providers"),
    **_same("live", FUNCTIONS, "lambda_function", "lambda_alias"),
    **_same("live", "polls the queue as AWS does", "lambda_event_source_mapping"),
    **_same("not enforced", "whoever reaches the port may call", "lambda_permission"),
    **_same("emulated", "retries are AWS's defaults", "lambda_function_event_invoke_config"),
    **_same(
        "live",
        "served on loopback over HTTP, no TLS; answers stream, where AWS gathers them",
        "apigatewayv2_api",
        "apigatewayv2_stage",
        "apigatewayv2_route",
        "apigatewayv2_integration",
        "apigatewayv2_authorizer",
        "apigatewayv2_deployment",
    ),
    **_same(
        "live",
        "every API's port takes the domain as its Host header; no DNS, no TLS",
        "apigatewayv2_domain_name",
        "apigatewayv2_api_mapping",
    ),
    **_same("emulated", "issued at once, without a DNS record", "acm_certificate"),
    **_same("declared only", "nothing here asks DNS", "route53_record"),
    **_same("emulated", "the gateway reaches the load balancer directly", "apigatewayv2_vpc_link"),
    **_same("live", "routes to healthy tasks only", "lb", "lb_listener", "lb_listener_rule", "lb_target_group"),
    **_same("live", "a real PostgreSQL; sizes are not limited, and its master user is a superuser here", "db_instance"),
    **_same("emulated", "known settings reach PostgreSQL, the rest is stored", "db_parameter_group"),
    **_same("declared only", "everything listens on loopback", "db_subnet_group", "elasticache_subnet_group"),
    **_same("live", "a real Redis or Valkey behind TLS; one node", "elasticache_replication_group"),
    **_same("declared only", "stored", "elasticache_parameter_group"),
    **_same("live", "delivers to queues, functions and HTTP", "sns_topic", "sns_topic_subscription"),
    **_same("live", "kept on disk; survives a crash", "sqs_queue", "sqs_queue_redrive_allow_policy"),
    **_same("live", "objects are kept on disk", "s3_bucket", "s3_object"),
    **_same(
        "live", "serves the bucket on loopback over HTTP; CloudFront functions do not run", "cloudfront_distribution"
    ),
    **_same("emulated", "objects are read through the distribution", "cloudfront_origin_access_control"),
    **_same(
        "emulated",
        "stored and returned; headers and caching follow the distribution",
        "cloudfront_cache_policy",
        "cloudfront_response_headers_policy",
        "cloudfront_origin_request_policy",
        "cloudfront_function",
    ),
    **_same(
        "live",
        "real tokens, signed by a key of this machine; triggers and hosted pages do not run",
        "cognito_user_pool",
        "cognito_user_pool_client",
        "cognito_user_group",
        "cognito_resource_server",
        "cognito_user_pool_domain",
    ),
    **_same("live", "fires on time; missed runs are not caught up", "scheduler_schedule", "scheduler_schedule_group"),
    **_same("live", "mail is kept as files; nothing leaves this machine", "sesv2_email_identity"),
    **_same("emulated", "stored", "sesv2_configuration_set"),
    **_same("live", "resolved when tasks start; encrypted with a local key", "ssm_parameter"),
    **_same("emulated", "holds manifests; images are bundles on disk", "ecr_repository", "ecr_lifecycle_policy"),
    **_same("live", "written by tasks, functions and the gateway; the newest 10,000 events", "cloudwatch_log_group"),
    **_same("declared only", "no metrics are measured", "cloudwatch_metric_alarm", "cloudwatch_log_metric_filter"),
    **_same("declared only", "counts stay where a deploy put them", "appautoscaling_target", "appautoscaling_policy"),
    **_same("emulated", "encrypts with a local key", "kms_key", "kms_alias"),
    **_same(
        "declared only",
        "everything listens on loopback",
        "vpc",
        "subnet",
        "internet_gateway",
        "nat_gateway",
        "eip",
        "route",
        "route_table",
        "route_table_association",
        "vpc_endpoint",
        "flow_log",
    ),
    **_same(
        "not enforced",
        "every process here reaches every other",
        "security_group",
        "security_group_rule",
        "default_security_group",
        "vpc_security_group_ingress_rule",
        "vpc_security_group_egress_rule",
    ),
    **_same(
        "not enforced",
        "every call is allowed",
        "iam_role",
        "iam_role_policy",
        "iam_policy",
        "iam_role_policy_attachment",
        "sns_topic_policy",
        "sqs_queue_policy",
        "s3_bucket_policy",
        "s3_bucket_public_access_block",
        "ecr_repository_policy",
        "kms_key_policy",
    ),
    **_same(
        "declared only",
        "stored and returned",
        "s3_bucket_versioning",
        "s3_bucket_server_side_encryption_configuration",
        "s3_bucket_lifecycle_configuration",
        "s3_bucket_ownership_controls",
        "s3_bucket_cors_configuration",
        "s3_bucket_logging",
    ),
}

UNKNOWN = Fidelity("declared only", "no data plane for this type")


def fidelity_of(resource_type: str) -> Fidelity:
    """Level of a Terraform resource type, such as `aws_ecs_service`."""
    return FIDELITY.get(resource_type, UNKNOWN)
