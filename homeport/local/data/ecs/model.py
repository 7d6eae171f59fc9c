"""Services and their deployments as the feed tells them → what deciding needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.local.data.context import Resource


@dataclass(frozen=True)
class Deployment:
    """One revision of a service on its way in, there, or on its way out."""

    id: str
    definition: str  # task definition ARN
    state: str  # IN_PROGRESS, COMPLETED, FAILED
    primary: bool


@dataclass(frozen=True)
class Binding:
    """A target group, and the container and port that stand behind it."""

    target_group: str
    container: str
    port: int


@dataclass(frozen=True)
class Service:
    """One ECS service."""

    arn: str
    account: str
    region: str
    name: str
    cluster: str  # ARN
    desired: int
    min_percent: int
    max_percent: int
    breaker: bool
    grace_seconds: float
    deployments: tuple[Deployment, ...]
    bindings: tuple[Binding, ...]

    @property
    def primary(self) -> Deployment:
        return next(deployment for deployment in self.deployments if deployment.primary)


def convert_service(resource: Resource) -> Service:
    """A service of the feed; KeyError or ValueError if it lacks what every service has."""
    state = resource.state
    configuration = state.get("deploymentConfiguration") or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    return Service(
        arn=resource.arn,
        account=resource.account,
        region=resource.region,
        name=state["serviceName"],
        cluster=state["clusterArn"],
        desired=int(state["desiredCount"]),
        min_percent=int(configuration.get("minimumHealthyPercent", 100)),
        max_percent=int(configuration.get("maximumPercent", 200)),
        breaker=bool(breaker.get("enable")),
        grace_seconds=float(state.get("healthCheckGracePeriodSeconds") or 0),
        deployments=_deployments(state),
        bindings=tuple(
            Binding(item["targetGroupArn"], item["containerName"], int(item["containerPort"]))
            for item in state.get("loadBalancers") or ()
            if item.get("targetGroupArn")
        ),
    )


def _deployments(state: Mapping[str, Any]) -> tuple[Deployment, ...]:
    found = tuple(
        Deployment(
            item["id"], item["taskDefinition"], item.get("rolloutState", "COMPLETED"), item["status"] == "PRIMARY"
        )
        for item in state.get("deployments") or ()
    )
    if sum(deployment.primary for deployment in found) == 1:
        return found
    return (Deployment("ecs-svc/0", state["taskDefinition"], "COMPLETED", True),)
