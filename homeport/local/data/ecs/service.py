"""Keeps one service at what is declared: asks `decide` whenever something changes, does it, and says what happened."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from homeport.local.data.context import Live, Observation
from homeport.local.data.ecs.decide import Attempts, Decision, Rollout, after_failure, after_success, decide
from homeport.local.data.ecs.model import Deployment, Service
from homeport.local.data.ecs.report import observe_service
from homeport.local.data.ecs.task import Identity, Task, Tools
from homeport.system.waiting import wait_for_event

log = logging.getLogger(__name__)

EVENTS_MAX = 100
INCONSISTENT_AFTER = 3  # failures in a row


class ServiceRunner:
    """One service. `changed` is told of each change of one of its tasks, `concluded` that there is news of itself."""

    def __init__(
        self, service: Service, tools: Tools, changed: Callable[[Task], None], concluded: Callable[[], None]
    ) -> None:
        self.service, self.tasks = service, dict[str, Task]()
        self._tools, self._tell, self._concluded = tools, changed, concluded
        self._attempts = Attempts(service.primary.id)
        self._back = Attempts("")  # of a deployment that is gone back to: it may fail as well
        self._rollout: Rollout = "IN_PROGRESS"
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS_MAX)
        self._steady = False
        self._last_failure = ""
        self._noted: set[str] = set()  # tasks whose failure is counted
        self._wake = asyncio.Event()
        self._wake.set()
        self._looping = asyncio.ensure_future(self._loop())

    def follow(self, service: Service) -> None:
        """What is declared may have changed."""
        if service != self.service:
            self.service = service
            self._wake.set()

    async def stop(self, patience: float) -> None:
        """Stop all tasks; nothing is started any more."""
        self._looping.cancel()
        await asyncio.wait([self._looping])
        for task in self.tasks.values():
            task.stop(f"Service {self.service.name} stopped", "ServiceSchedulerInitiated", patience=patience)
        await asyncio.gather(*(task.wait() for task in self.tasks.values()))

    def observe(self) -> Observation:
        return observe_service(
            self.service, list(self.tasks.values()), self._attempts, self._rollout, list(self._events)
        )

    def live(self) -> Live:
        now = self._tools.clock()
        ready = sum(task.view(now).ready and not task.stopping for task in self.tasks.values())
        desired = self.service.desired
        detail = f"{ready} of {desired} tasks ready"
        if ready < desired and self._last_failure:
            detail = f"{detail}; {self._last_failure}"
        return Live(self.service.arn, "ecs:service", self.service.name, ready >= desired > 0, None, detail)

    async def _loop(self) -> None:
        while True:
            self._wake.clear()
            now = self._tools.clock()
            self._follow_deployment()
            self._note_failures(now)
            self._bury()
            views = [task.view(now) for task in self.tasks.values()]
            if any(view.ready and view.deployment == self._attempts.deployment for view in views):
                self._attempts, self._last_failure = after_success(self._attempts), ""
            if any(view.ready and view.deployment == self._back.deployment for view in views):
                self._back = after_success(self._back)
            decision = decide(self.service, views, self._attempts, now, back=self._back)
            self._conclude(decision)
            self._do(decision)
            self._concluded()
            moments = [decision.again_at, *(task.settles_at() for task in self.tasks.values())]
            moments += [task.grace_ends_at() for task in self.tasks.values()]
            await self._wait(min((moment for moment in moments if moment is not None and moment > now), default=None))

    async def _wait(self, until: float | None) -> None:
        await wait_for_event(self._wake, None if until is None else max(0.01, until - self._tools.clock()))

    def _follow_deployment(self) -> None:
        """A new primary deployment starts counting anew. One that rolls back takes over the tasks it goes back to."""
        primary = self.service.primary
        if primary.id == self._attempts.deployment:
            return
        if self._rollout == "FAILED":
            for task in self.tasks.values():
                if task.identity.definition == primary.definition:
                    task.deployment = primary.id
        self._attempts = Attempts(primary.id)
        self._rollout, self._steady = "IN_PROGRESS", False

    def _note_failures(self, now: float) -> None:
        """Take note of tasks that end by themselves or must be replaced, as soon as they begin to end."""
        for task in self.tasks.values():
            by_itself = task.stop_code in ("EssentialContainerExited", "TaskFailedToStart")
            unhealthy = task.stopped_reason.startswith("Task failed")
            if not task.stopping or task.identity.arn in self._noted or not (by_itself or unhealthy):
                continue
            self._noted.add(task.identity.arn)
            self._last_failure = _why(task)
            self._event(f"(task {task.identity.id}) stopped: {self._last_failure}")
            if task.was_ready:
                continue
            if task.deployment != self._attempts.deployment:
                same = self._back.deployment == task.deployment
                self._back = after_failure(self._back if same else Attempts(task.deployment), now)
            else:
                self._attempts = after_failure(self._attempts, now)
                if self._attempts.in_a_row == INCONSISTENT_AFTER:
                    self._event("is unable to consistently start tasks successfully.")

    def _bury(self) -> None:
        for arn in [arn for arn, task in self.tasks.items() if task.ended]:
            del self.tasks[arn]
            self._noted.discard(arn)

    def _conclude(self, decision: Decision) -> None:
        """Tell how the deployment goes. One that is completed stays so when a task of it ends later."""
        primary = self.service.primary
        settled = self._rollout != "IN_PROGRESS" or primary.state != "IN_PROGRESS"
        rollout: Rollout = decision.rollout
        if settled and rollout == "IN_PROGRESS":
            rollout = "COMPLETED" if primary.state == "COMPLETED" else self._rollout
        if rollout != self._rollout and rollout == "FAILED" and primary.state == "IN_PROGRESS":
            self._event(f"(deployment {primary.id}) deployment failed: tasks failed to start.")
        if rollout != self._rollout and rollout == "COMPLETED" and primary.state == "IN_PROGRESS":
            self._event(f"(deployment {primary.id}) deployment completed.")
        steady = decision.rollout == "COMPLETED"
        if steady and not self._steady:
            self._event("has reached a steady state.")
        self._rollout, self._steady = rollout, steady

    def _do(self, decision: Decision) -> None:
        drain = max((self._tools.drain(binding.target_group) for binding in self.service.bindings), default=0.0)
        for arn, reason in decision.stop:
            self.tasks[arn].stop(reason, "ServiceSchedulerInitiated", drain=drain)
        if decision.of and decision.start:
            started = [self._start(decision.of) for _ in range(decision.start)]
            names = " ".join(f"(task {task.identity.id})" for task in started)
            self._event(f"has started {len(started)} tasks: {names}.")

    def _start(self, deployment: Deployment) -> Task:
        service = self.service
        cluster = service.cluster.rpartition("/")[2]
        identity = Identity(
            arn=f"arn:aws:ecs:{service.region}:{service.account}:task/{cluster}/{uuid.uuid4().hex}",
            account=service.account,
            region=service.region,
            cluster=service.cluster,
            definition=deployment.definition,
            group=f"service:{service.name}",
            deployment=deployment.id,
            bindings=service.bindings,
            grace_seconds=service.grace_seconds,
        )
        task = self.tasks[identity.arn] = Task(identity, self._tools, self._task_changed)
        return task

    def _task_changed(self, task: Task) -> None:
        self._wake.set()
        self._tell(task)

    def _event(self, text: str) -> None:
        message = f"(service {self.service.name}) {text}"
        log.info("%s", message)
        at = datetime.now(UTC).isoformat()
        self._events.append({"id": str(uuid.uuid4()), "createdAt": at, "message": message})


def _why(task: Task) -> str:
    more = [f"{run.container.name} exited with code {run.exit_code}" for run in task.runs if run.exit_code is not None]
    checks = [*task.health.values(), *(run.health for run in task.runs)]
    more += [health.why for health in checks if health.state == "unhealthy"]
    return f"{task.stopped_reason} ({'; '.join(more)})" if more else task.stopped_reason
