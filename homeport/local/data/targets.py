"""Which addresses stand behind each target group: written by the ECS part, read by the gateway."""

from typing import NamedTuple


class Target(NamedTuple):
    """One task's port. Only healthy targets get traffic; a draining one finishes what it has."""

    host: str
    port: int
    healthy: bool
    draining: bool = False


class Targets:
    """Target group ARN → targets. One writer and one reader, in one event loop."""

    def __init__(self) -> None:
        self._targets: dict[str, tuple[Target, ...]] = {}

    def put(self, target_group_arn: str, targets: tuple[Target, ...]) -> None:
        self._targets[target_group_arn] = targets

    def of(self, target_group_arn: str) -> tuple[Target, ...]:
        return self._targets.get(target_group_arn, ())

    def healthy(self, target_group_arn: str) -> tuple[Target, ...]:
        return tuple(t for t in self.of(target_group_arn) if t.healthy and not t.draining)
