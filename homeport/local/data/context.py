"""What every part of the data plane is given, and the values they exchange."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from homeport.local.data.targets import Targets
from homeport.local.home import Home


@dataclass(frozen=True)
class Resource:
    """One AWS resource as the feed tells it; `state` has the AWS API's own describe names."""

    arn: str
    type: str
    account: str
    region: str
    state: Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """Everything declared in the account(s), at one revision: `resources[type][arn]`."""

    revision: int
    resources: Mapping[str, Mapping[str, Resource]]

    def of(self, type_: str) -> Mapping[str, Resource]:
        return self.resources.get(type_, {})


@dataclass(frozen=True)
class Observation:
    """What the data plane saw of a resource: merged into what AWS's describe calls answer."""

    arn: str
    type: str
    account: str
    region: str
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Live:
    """One thing that runs here, for `homeport status`."""

    arn: str
    type: str
    name: str
    live: bool
    address: str | None = None
    detail: str = ""
    blocked: bool = False  # it could not start, as `detail` says; it is tried again, but mostly the user has to act


@dataclass(frozen=True)
class InvokeResult:
    """Outcome of a function's invocation, as Lambda's Invoke answers it."""

    payload: bytes
    function_error: str | None = None  # None, "Handled" or "Unhandled"
    executed_version: str = "$LATEST"
    log_tail: bytes | None = None
    duration_ms: float = 0.0
    throttled: bool = False


class Invoke(Protocol):
    async def __call__(
        self, function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False
    ) -> InvokeResult: ...


class Part(Protocol):
    """One concern of the data plane: told the whole world whenever it changes, it makes its share of it live."""

    async def reconcile(self, world: World) -> None:
        """Level-triggered, idempotent and quick; long work runs in tasks of the part's own."""

    async def stop(self) -> None:
        """Stop everything that this part started."""

    def live(self) -> list[Live]: ...


async def _no_functions(
    function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False
) -> InvokeResult:
    raise LookupError(f"{function_arn}: no functions here")


async def _ready() -> None:
    return


@dataclass(frozen=True)
class Context:
    """Ways from a part of the data plane to the rest of the machine."""

    home: Home
    control_url: str
    token: str
    observe: Callable[[list[Observation]], Awaitable[None]]
    aws: Callable[[str, str, str], Any]  # service, account, region → boto3 client (blocking: use asyncio.to_thread)
    log: Callable[[str, str, str, str, str], None]  # account, region, log group, stream, message; never blocks
    task_environment: Callable[[str, str], dict[str, str]]  # account, region → environment of tasks and functions here
    targets: Targets = field(default_factory=Targets)  # the ECS part writes, the gateway reads
    invoke: Invoke = _no_functions  # the functions part's, for the gateway and `/_homeport/invoke`
    data_ready: Callable[[], Awaitable[None]] = (
        _ready  # databases and caches run, or had their time: start programs after it
    )
    extra: dict[str, Any] = field(default_factory=dict)
