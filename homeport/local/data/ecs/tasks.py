"""The ECS part: follows services and tasks of RunTask, and tells the account what they do."""

import asyncio
import logging
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from homeport.local.data.context import Context, Live, Observation, Resource, World
from homeport.local.data.ecs.failure import TaskFailed
from homeport.local.data.ecs.free_ports import FreePorts
from homeport.local.data.ecs.health import Check, target_group_check
from homeport.local.data.ecs.model import Service, convert_service
from homeport.local.data.ecs.report import observe_interrupted, observe_task, targets_of
from homeport.local.data.ecs.service import ServiceRunner
from homeport.local.data.ecs.task import Identity, Task, Tools, tasks_folder
from homeport.local.data.supervisor import Supervisor

log = logging.getLogger(__name__)

STOP_SECONDS = 30.0  # of the data plane; a task's own stop timeout may be longer
TELL_EVERY_SECONDS = 0.05
DRAIN_SECONDS = 300.0  # AWS's default; capped, see `task`


class Tasks:
    """Part of the data plane."""

    def __init__(self, context: Context, supervisor: Supervisor) -> None:
        self._context = context
        self._world = World(0, {})
        self._definitions: dict[str, Mapping[str, Any]] = {}  # also of revisions that are INACTIVE by now
        self._checks: dict[str, Check | None] = {}
        self._runners: dict[str, ServiceRunner] = {}
        self._single: dict[str, Task] = {}  # of RunTask
        self._seen: set[str] = set()  # every task that was ours since we started
        self._leaving: set[asyncio.Task[None]] = set()
        self._news: dict[str, Observation] = {}
        self._telling: asyncio.Task[None] | None = None
        self._untold = False
        self._session: aiohttp.ClientSession | None = None
        self._supervisor, self._ports = supervisor, FreePorts()

    async def reconcile(self, world: World) -> None:
        if self._session is None:
            await asyncio.to_thread(shutil.rmtree, tasks_folder(self._context.home), ignore_errors=True)
        self._world = world
        self._definitions |= {arn: item.state for arn, item in world.of("ecs:task-definition").items()}
        groups = world.of("elbv2:target-group").items()
        self._checks = {arn: target_group_check(item.state) for arn, item in groups}
        tools = self._tools()
        wanted = _services(world.of("ecs:service"))
        for arn, service in wanted.items():
            if arn in self._runners:
                self._runners[arn].follow(service)
            else:
                self._runners[arn] = ServiceRunner(service, tools, self._changed, self._tell)
        for arn in self._runners.keys() - wanted.keys():
            self._leave(self._runners.pop(arn))
        for arn, resource in world.of("ecs:task").items():
            self._follow_task(arn, resource, tools)
        self._tell()

    async def stop(self) -> None:
        for task in self._single.values():
            task.stop("The data plane of this machine stopped", "TerminationNotice", patience=STOP_SECONDS)
        await asyncio.gather(
            *(runner.stop(STOP_SECONDS) for runner in self._runners.values()),
            *(task.wait() for task in self._single.values()),
            *self._leaving,
        )
        if self._telling:
            self._telling.cancel()
        await self._tell_now()
        if self._session:
            await self._session.close()

    def live(self) -> list[Live]:
        return [runner.live() for runner in self._runners.values()]

    def _tools(self) -> Tools:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return Tools(
            self._context,
            self._supervisor,
            self._session,
            self._ports,
            self._definition,
            lambda: self._world.of("ecr:image").values(),
            lambda group: self._checks.get(group),
            self._drain_seconds,
        )

    async def _definition(self, arn: str, account: str, region: str) -> Mapping[str, Any]:
        """A task definition; ECS lets services go on with one that is INACTIVE, which the feed does not tell."""
        if arn not in self._definitions:
            try:
                answer = await asyncio.to_thread(
                    self._context.aws("ecs", account, region).describe_task_definition, taskDefinition=arn
                )
            except (BotoCoreError, ClientError) as error:
                raise TaskFailed(f"Unable to describe task definition {arn}: {error}") from error
            self._definitions[arn] = answer["taskDefinition"]
        return self._definitions[arn]

    def _drain_seconds(self, target_group: str) -> float:
        group = self._world.of("elbv2:target-group").get(target_group)
        attributes = {item["Key"]: item["Value"] for item in ((group and group.state.get("Attributes")) or ())}
        return float(attributes.get("deregistration_delay.timeout_seconds", DRAIN_SECONDS))

    def _leave(self, runner: ServiceRunner) -> None:
        async def leave() -> None:
            await runner.stop(STOP_SECONDS)
            self._put_targets({binding.target_group for binding in runner.service.bindings})

        leaving = asyncio.ensure_future(leave())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def _follow_task(self, arn: str, resource: Resource, tools: Tools) -> None:
        state = resource.state
        unwanted = state.get("desiredStatus") == "STOPPED"
        if task := self._find(arn):
            if unwanted:
                task.stop(state.get("stoppedReason") or "Task stopped by user", "UserInitiated")
            return
        if arn in self._seen or state.get("lastStatus") == "STOPPED":
            return
        group = state.get("group") or ""
        fresh = state.get("lastStatus") in ("PROVISIONING", "PENDING") and not group.startswith("service:")
        if unwanted or not fresh:
            at = datetime.now(UTC).isoformat()
            self._news[arn] = observe_interrupted(arn, resource.account, resource.region, state, at)
            self._seen.add(arn)
            return
        identity = Identity(
            arn=arn,
            account=resource.account,
            region=resource.region,
            cluster=state["clusterArn"],
            definition=state["taskDefinitionArn"],
            group=group,
            started_by=state.get("startedBy") or "",
            overrides=state.get("overrides") or {},
        )
        self._single[arn] = Task(identity, tools, self._changed)

    def _find(self, arn: str) -> Task | None:
        if arn in self._single:
            return self._single[arn]
        return next((runner.tasks[arn] for runner in self._runners.values() if arn in runner.tasks), None)

    def _changed(self, task: Task) -> None:
        """The gateway learns of it at once, the account soon."""
        self._seen.add(task.identity.arn)
        self._put_targets({binding.target_group for binding in task.identity.bindings})
        self._news[task.identity.arn] = observe_task(task)
        if task.ended:
            self._single.pop(task.identity.arn, None)
        self._tell()

    def _put_targets(self, groups: Iterable[str]) -> None:
        tasks = [task for runner in self._runners.values() for task in runner.tasks.values()]
        for group in groups:
            found = targets_of(tasks, group, checked=self._checks.get(group) is not None)
            self._context.targets.put(group, tuple(target for target, _ in found))
            resource = self._world.of("elbv2:target-group").get(group)
            if resource:
                health = [{"Target": {"Id": t.host, "Port": t.port}, "TargetHealth": said} for t, said in found]
                seen = Observation(group, resource.type, resource.account, resource.region, {"TargetHealth": health})
                self._news[group] = seen

    def _tell(self) -> None:
        self._untold = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.ensure_future(self._tell_soon())

    async def _tell_soon(self) -> None:
        while self._untold:
            await asyncio.sleep(TELL_EVERY_SECONDS)  # one report for what happens together
            self._untold = False
            await self._tell_now()

    async def _tell_now(self) -> None:
        news, self._news = list(self._news.values()), {}
        await self._context.observe([*news, *(runner.observe() for runner in self._runners.values())])


def _services(resources: Mapping[str, Resource]) -> dict[str, Service]:
    """The services that can be understood; the others are logged."""
    converted = {}
    for arn, resource in resources.items():
        try:
            converted[arn] = convert_service(resource)
        except (KeyError, ValueError, TypeError) as error:
            log.warning("%s: not understood: %r", arn, error)
    return converted
