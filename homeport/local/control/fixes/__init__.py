"""What moto lacks for Terraform, mended: one module per AWS service, each with `apply()`.

A fix is small enough to be sent upstream, and keeps what it adds in attributes of moto's own objects, so that it is
saved with them. It is not needed any more when its test, run against moto as it is, does not fail.
"""

from types import ModuleType

from homeport.local.control.fixes import (
    apigatewayv2,
    applicationautoscaling,
    awslambda,
    cloudfront,
    cloudfront_policies,
    cognitoidp,
    ec2,
    ecr,
    ecs,
    elasticache,
    elasticache_parameters,
    iam,
    logs,
    rds,
    s3,
    sesv2,
    sqs,
)

FIXES: tuple[ModuleType, ...] = (
    apigatewayv2,
    applicationautoscaling,
    awslambda,
    cloudfront,
    cloudfront_policies,
    cognitoidp,
    ec2,
    ecr,
    ecs,
    elasticache,
    elasticache_parameters,
    iam,
    logs,
    rds,
    s3,
    sesv2,
    sqs,
)


def apply_all() -> None:
    """Apply every fix, once, before the first call."""
    for fix in FIXES:
        fix.apply()
