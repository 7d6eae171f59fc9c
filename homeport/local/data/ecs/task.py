"""One task from PROVISIONING to STOPPED: image, secrets, processes, health, and an orderly end."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from homeport.errors import HomeportError
from homeport.local.data.context import Context, Resource
from homeport.local.data.ecs.containers import Run, Settings, start_container, stop_container
from homeport.local.data.ecs.decide import TaskView
from homeport.local.data.ecs.definition import convert_containers
from homeport.local.data.ecs.failure import TaskFailed
from homeport.local.data.ecs.free_ports import FreePorts
from homeport.local.data.ecs.health import Check, Health, after, pause
from homeport.local.data.ecs.images import find_bundle
from homeport.local.data.ecs.model import Binding
from homeport.local.data.ecs.probe import probe_container, probe_target
from homeport.local.data.ecs.secrets import read_secrets
from homeport.local.data.supervisor import Supervisor
from homeport.local.home import Home

SETTLED_SECONDS = 3.0  # a task that nothing checks is ready when it has lived this long
DRAIN_SECONDS_MAX = 3.0
STOP_SECONDS_MAX = 120.0


@dataclass(frozen=True)
class Tools:
    """What all tasks share; the look-ups answer from the newest World."""

    context: Context
    supervisor: Supervisor
    session: aiohttp.ClientSession
    ports: FreePorts
    definition: Callable[[str, str, str], Awaitable[Mapping[str, Any]]]  # ARN, account, region
    images: Callable[[], Iterable[Resource]]
    check_of: Callable[[str], Check | None]  # target group
    drain: Callable[[str], float]  # target group → its deregistration delay
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Identity:
    """What a task is; `deployment` and `bindings` are a service's."""

    arn: str
    account: str
    region: str
    cluster: str
    definition: str
    group: str
    started_by: str = ""
    deployment: str = ""
    bindings: tuple[Binding, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    grace_seconds: float = 0.0

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


class Task:
    """A task that runs by itself; `changed` is called whenever something about it is new."""

    def __init__(self, identity: Identity, tools: Tools, changed: Callable[["Task"], None]) -> None:
        self.identity, self._tools, self._changed = identity, tools, changed
        self.deployment = identity.deployment
        self.status, self.runs = "PROVISIONING", list[Run]()
        self.times: dict[str, str] = {"createdAt": _now()}
        self.stop_code = self.stopped_reason = ""
        self.health: dict[str, Health] = {binding.target_group: Health() for binding in identity.bindings}
        self.was_ready = False
        self._born = self._started = tools.clock()
        self._stop_wanted = asyncio.Event()
        self._drain, self._patience = 0.0, STOP_SECONDS_MAX
        self._running = asyncio.ensure_future(self._run())

    @property
    def ended(self) -> bool:
        return self.status == "STOPPED"

    @property
    def stopping(self) -> bool:
        return self._stop_wanted.is_set() or self.status in ("STOPPING", "STOPPED")

    def view(self, now: float) -> TaskView:
        """As deciding sees it."""
        ready = self._is_ready(now)
        self.was_ready = self.was_ready or ready
        return TaskView(self.identity.arn, self.deployment, self._born, ready, self.stopping, self._complaint(now))

    def settles_at(self) -> float | None:
        """When time alone will make it ready."""
        if self.status != "RUNNING" or self.stopping or self._is_checked():
            return None
        return self._started + SETTLED_SECONDS

    def grace_ends_at(self) -> float | None:
        """When failed health checks begin to matter."""
        return self._started + self.identity.grace_seconds if self.status == "RUNNING" else None

    def port_of(self, binding: Binding) -> int | None:
        """The port that stands behind a target group, once it runs."""
        return next((run.port for run in self.runs if run.container.name == binding.container), None)

    def stop(self, reason: str, code: str, *, drain: float = 0.0, patience: float = STOP_SECONDS_MAX) -> None:
        """Ask it to end: no new requests, `drain` seconds for those that are on their way, SIGTERM, SIGKILL."""
        if not self.ended and not self._stop_wanted.is_set():
            self.stopped_reason, self.stop_code = self.stopped_reason or reason, self.stop_code or code
            self._drain = min(drain, DRAIN_SECONDS_MAX) if self.was_ready else 0.0
        self._patience = min(self._patience, patience)
        self._stop_wanted.set()

    async def wait(self) -> None:
        await asyncio.wait([self._running])

    async def _run(self) -> None:
        watching: list[asyncio.Future[None]] = []
        try:
            await self._unless_stopped(self._start())
            if self.runs and not self._stop_wanted.is_set():
                self._started = self._tools.clock()
                self._set("RUNNING", "startedAt")
                watching = [asyncio.ensure_future(work) for work in self._watches()]
                await self._until_end()
        except (TaskFailed, HomeportError, OSError) as failure:
            self.stopped_reason, self.stop_code = str(failure), "TaskFailedToStart"
        except Exception as error:  # ours to mend, but the task must end all the same
            self.stopped_reason, self.stop_code = f"internal error: {error!r}", "TaskFailedToStart"
            raise
        finally:
            for watch in watching:
                watch.cancel()
            await asyncio.shield(self._end())

    async def _start(self) -> None:
        identity, context = self.identity, self._tools.context
        definition = await self._tools.definition(identity.definition, identity.account, identity.region)
        containers = convert_containers(definition, identity.overrides)
        images = list(self._tools.images())
        bundles = [find_bundle(container.image, images, context.home.bundles) for container in containers]
        self._set("PENDING")
        await context.data_ready()
        secrets = [
            await read_secrets(container.secrets, context.aws, identity.account, identity.region)
            for container in containers
        ]
        settings = self._settings()
        self.runs = [
            Run(container, bundle, self._tools.ports.take() if container.ports else None)
            for container, bundle in zip(containers, bundles, strict=True)
        ]
        for run, values in zip(self.runs, secrets, strict=True):
            start_container(run, values, settings, self._tools.supervisor)

    def _settings(self) -> Settings:
        identity, context = self.identity, self._tools.context
        folder = tasks_folder(context.home) / identity.id
        folder.mkdir(parents=True, exist_ok=True)
        forced = context.task_environment(identity.account, identity.region)
        return Settings(identity.account, identity.region, identity.id, folder, forced, context.log)

    async def _unless_stopped(self, work: Any) -> None:
        working = asyncio.ensure_future(work)
        stop: asyncio.Future[Any] = asyncio.ensure_future(self._stop_wanted.wait())
        try:
            await asyncio.wait([working, stop], return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            stop.cancel()
            working.cancel()
            await asyncio.wait([working])
            _ = working.cancelled() or working.exception()  # seen, if it failed while we stopped

    async def _until_end(self) -> None:
        """Until an essential container ends, or somebody wants the task to stop."""
        essential = [run.child.exited for run in self.runs if run.child and run.container.essential]
        stop: asyncio.Future[Any] = asyncio.ensure_future(self._stop_wanted.wait())
        await asyncio.wait([stop, *essential], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not self._stop_wanted.is_set():
            self.stopped_reason, self.stop_code = "Essential container in task exited", "EssentialContainerExited"
            return
        if self._drain:
            self._set("DEACTIVATING")
            await asyncio.wait(essential, timeout=self._drain, return_when=asyncio.FIRST_COMPLETED)

    async def _end(self) -> None:
        self._stop_wanted.set()
        self._set("STOPPING", "stoppingAt")
        stops = (stop_container(run, self._tools.supervisor, self._patience) for run in self.runs)
        await asyncio.gather(*stops)
        for run in self.runs:
            if run.port is not None:
                self._tools.ports.give_back(run.port)
        folder = tasks_folder(self._tools.context.home) / self.identity.id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        self._set("STOPPED", "stoppedAt")

    def _watches(self) -> list[Any]:
        groups = [self._watch_target(binding) for binding in self.identity.bindings]
        return groups + [self._watch_container(run) for run in self.runs if run.container.check]

    async def _watch_target(self, binding: Binding) -> None:
        while (check := self._tools.check_of(binding.target_group)) and (port := self.port_of(binding)):
            failure = await probe_target(self._tools.session, "127.0.0.1", port, check)
            before = self.health[binding.target_group]
            self.health[binding.target_group] = now = after(before, check, failure, self._tools.clock())
            if now.state != before.state:
                self._changed(self)
            await asyncio.sleep(pause(now, check, self._tools.clock() - self._started))

    async def _watch_container(self, run: Run) -> None:
        check = run.container.check
        while check and run.command:
            argv = list(check.command)
            command = type(run.command)(argv, f"health of {run.command.what}", run.command.environment, run.command.cwd)
            failure = await probe_container(self._tools.supervisor, command, check.timeout)
            before = run.health
            if not failure or self._tools.clock() - self._started >= run.container.start_period:
                run.health = after(before, check, failure, self._tools.clock())
            if run.health.state != before.state:
                self._changed(self)
            await asyncio.sleep(pause(run.health, check, self._tools.clock() - self._started))

    def _is_checked(self) -> bool:
        checked = any(self._tools.check_of(group) for group in self.health)
        return checked or any(run.container.check for run in self.runs)

    def _is_ready(self, now: float) -> bool:
        if self.status != "RUNNING":
            return False
        if not self._is_checked():
            return now >= self._started + SETTLED_SECONDS
        groups = (health.state for group, health in self.health.items() if self._tools.check_of(group))
        containers = (run.health.state for run in self.runs if run.container.check)
        return all(state == "healthy" for state in (*groups, *containers))

    def _complaint(self, now: float) -> str:
        if self.status != "RUNNING":
            return ""
        if any(run.health.state == "unhealthy" and run.container.essential for run in self.runs):
            return "Task failed container health checks"
        for group, health in self.health.items():
            if health.state == "unhealthy" and now >= self._started + self.identity.grace_seconds:
                return f"Task failed ELB health checks in (target-group {group})"
        return ""

    def _set(self, status: str, at: str = "") -> None:
        self.status = status
        if at:
            self.times[at] = _now()
        with contextlib.suppress(RuntimeError):  # the loop closes
            self._changed(self)


def tasks_folder(home: Home) -> Path:
    """Home and temporary files of the tasks that run, a folder each."""
    return home.path / "tasks"


def _now() -> str:
    return datetime.now(UTC).isoformat()
