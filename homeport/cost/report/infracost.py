"""Estimate → infracost-usage.yml for the rendered Terraform of one environment.

Addresses are those of the live tree: `module.<label>.<resource>`. Infracost knows no ARM or Spot tasks, and mixes the
time bases of a load balancer's capacity units; what it makes of this file is its own.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import yaml

from homeport.cost.estimate import Estimate

HEADER = """\
# For `infracost breakdown --usage-file`, with the live tree of environment {environment}.
# Written by `homeport estimate --infracost`: typical quantities of a month, measured or assumed.
"""


def render_infracost(estimate: Estimate, kinds: dict[str, str], zones: int, with_api: Collection[str] = ()) -> str:
    """The file for an estimate of one environment.

    `kinds` says of each part's name what it is: `service`, `function`, `database`, `bucket`, `topic`; `zones` how many
    NAT gateways share the bytes; `with_api` which services have an API of their own.
    """
    usage: dict[str, dict[str, Any]] = defaultdict(dict)
    for line in estimate.lines:
        rule = RULES.get((line.price, kinds.get(line.part, "")))
        if rule and line.environment:
            address, key = rule
            address = OWN_API if address == API and line.part in with_api else address
            where = address.format(label=line.part.replace("-", "_"), name=line.part)
            share = 1 / zones if line.price == "nat.gb" else 1.0
            usage[where][key] = usage[where].get(key, 0) + line.quantity.typical * share
    rounded = {where: _nested(keys) for where, keys in sorted(usage.items())}
    environment = estimate.environments[0]
    body = yaml.safe_dump({"version": "0.1", "resource_usage": rounded}, sort_keys=False, width=120)
    return HEADER.format(environment=environment) + body


SERVICE_LOGS = "module.service_{label}.aws_cloudwatch_log_group.this"
FUNCTION_LOGS = "module.function_{label}.aws_cloudwatch_log_group.this"
API_LOGS = "module.gateway.aws_cloudwatch_log_group.access"
FUNCTION = "module.function_{label}.aws_lambda_function.this"
API, OWN_API = "module.api.aws_apigatewayv2_api.this", "module.api_{label}.aws_apigatewayv2_api.this"
BALANCER = 'module.gateway.aws_lb.this["1"]'
BUCKET = "module.bucket_{label}.aws_s3_bucket.this"
# (price, kind of the part) → address, key of infracost's usage file in the same unit as ours
RULES: dict[tuple[str, str], tuple[str, str]] = {
    ("nat.gb", ""): ("module.network.aws_nat_gateway.this[*]", "monthly_data_processed_gb"),
    ("transfer.out", "service"): (BALANCER, "processed_bytes_gb"),
    ("api.http.request", "service"): (API, "monthly_requests"),
    ("api.http.request", "function"): (API, "monthly_requests"),
    ("logs.in", "service"): (SERVICE_LOGS, "monthly_data_ingested_gb"),
    ("logs.stored", "service"): (SERVICE_LOGS, "storage_gb"),
    ("logs.in", "function"): (FUNCTION_LOGS, "monthly_data_ingested_gb"),
    ("logs.stored", "function"): (FUNCTION_LOGS, "storage_gb"),
    ("logs.in", ""): (API_LOGS, "monthly_data_ingested_gb"),
    ("logs.stored", ""): (API_LOGS, "storage_gb"),
    ("lambda.request", "function"): (FUNCTION, "monthly_requests"),
    ("rds.backup", "database"): ("module.database_{label}.aws_db_instance.this", "additional_backup_storage_gb"),
    ("ecr.gb", "service"): ('module.cluster.aws_ecr_repository.this["{name}"]', "storage_gb"),
    ("s3.gb", "bucket"): (BUCKET, "standard.storage_gb"),
    ("s3.put", "bucket"): (BUCKET, "standard.monthly_tier_1_requests"),
    ("s3.get", "bucket"): (BUCKET, "standard.monthly_tier_2_requests"),
    ("sns.publish", "topic"): ("module.topic_{label}.aws_sns_topic.this", "monthly_requests"),
}


def _nested(keys: dict[str, float]) -> dict[str, Any]:
    """`standard.storage_gb` as a mapping in a mapping."""
    document: dict[str, Any] = {}
    for key, value in keys.items():
        *outer, last = key.split(".")
        inner = document.setdefault(outer[0], {}) if outer else document
        inner[last] = _number(value)
    return document


def _number(value: float) -> float | int:
    return round(value) if value >= 10 else round(value, 3)
