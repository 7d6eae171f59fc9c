"""Target health as the data plane sees it; moto says that every target is healthy."""

from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
    from moto.elbv2.models import ELBv2Backend

    @replace(ELBv2Backend, "describe_target_health")
    def describe(original: Any, backend: Any, target_group_arn: str, targets: list[dict[str, str]]) -> Any:
        group = backend.target_groups.get(target_group_arn)
        seen = getattr(group, "observed_health", None)
        if seen is None:
            return original(backend, target_group_arn, targets)
        wished = {(target["Id"], str(target.get("Port", ""))) for target in targets}
        return [
            item | {"HealthCheckPort": str(item["Target"].get("Port", ""))}
            for item in seen
            if not wished or (item["Target"]["Id"], str(item["Target"].get("Port", ""))) in wished
        ]


def observe_targets(backend: Any, arn: str, state: dict[str, Any]) -> None:
    """What stands behind a target group and whether it answers."""
    if group := backend.target_groups.get(arn):
        group.observed_health = state["TargetHealth"]
