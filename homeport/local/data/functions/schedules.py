"""Schedules and scheduled rules of the account, live: `Schedules` calls their targets when their time comes.

A target is called through the AWS API of the local account, so that what happens next (retries of a function, messages
of a queue) is kept where it is kept on AWS. A run that falls into a time when Homeport is down, or the machine asleep,
is not made up for: AWS would have made it then, and a rehearsal that wakes up with a burst of old runs helps nobody.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from homeport.local.data.context import Context, Live, Resource, World
from homeport.local.data.functions.runs import Told, last_runs
from homeport.local.data.functions.schedule import (
    Schedule,
    convert_rule,
    convert_schedule,
    is_enabled,
    is_scheduled,
)
from homeport.local.data.functions.target import Call, Run, convert_dead_letter, convert_run, perform

log = logging.getLogger(__name__)

LATE = timedelta(seconds=60)  # a run that is later than this was missed
LOOK_SECONDS = 30.0  # at the latest, so that a clock which is set, or a machine that slept, is noticed
RETRY_SECONDS_MAX = 60.0


class Schedules:
    """Part of the data plane. `now` is the time of day; tests set it and call `tick`."""

    def __init__(self, context: Context, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._aws = context.aws
        self._now = now
        self._resources: dict[str, Resource] = {}
        self._schedules: dict[str, Schedule] = {}
        self._next: dict[str, datetime] = {}
        self._problems: dict[str, str] = {}
        self._told: dict[str, Told] = {}  # of the last run of each, for `homeport status`
        self._retries: list[tuple[datetime, Run]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None

    async def reconcile(self, world: World) -> None:
        self._resources = {
            arn: resource
            for type_ in ("scheduler:schedule", "events:rule")
            for arn, resource in world.of(type_).items()
            if is_scheduled(resource)
        }
        schedules = self._convert()
        for arn, schedule in schedules.items():
            if self._schedules.get(arn) != schedule:
                self._plan(schedule, self._now())
        self._schedules = schedules
        self._next = {arn: at for arn, at in self._next.items() if arn in schedules}
        for arn, told in last_runs(schedules.values(), world.of("ecs:task").values()).items():
            self._tell(arn, told)
        self._changed.set()
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.get_running_loop().create_task(self._tick_for_ever())

    async def stop(self) -> None:
        tasks = [task for task in (self._ticking, *self._tasks) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def live(self) -> list[Live]:
        return [self._live(resource) for resource in self._resources.values()]

    def tick(self) -> float:
        """Starts every run that is due; seconds until the next one."""
        now = self._now()
        for arn, at in sorted(self._next.items(), key=lambda item: item[1]):
            if at <= now:
                self._come_due(self._schedules[arn], at, now)
        due = [run for at, run in self._retries if at <= now]
        self._retries = [(at, run) for at, run in self._retries if at > now]
        for run in due:
            self._spawn(run)
        moments = [*self._next.values(), *(at for at, _ in self._retries)]
        return max(0.0, (min(moments) - now).total_seconds()) if moments else LOOK_SECONDS

    def _come_due(self, schedule: Schedule, at: datetime, now: datetime) -> None:
        self._plan(schedule, now)
        if now - at > LATE:
            log.warning("%s: missed its run of %s, which is not made up for", schedule.arn, at.isoformat())
            return
        for target in schedule.targets:
            self._spawn(Run(schedule, target, at, str(uuid.uuid4())))

    def _tell(self, arn: str, told: Told) -> None:
        if arn not in self._told or self._told[arn].at <= told.at:
            self._told[arn] = told

    def _plan(self, schedule: Schedule, after: datetime) -> None:
        at = schedule.next_run(after)
        if at:
            self._next[schedule.arn] = at
        else:
            self._next.pop(schedule.arn, None)

    def _convert(self) -> dict[str, Schedule]:
        schedules = {}
        self._problems = {}
        for arn, resource in self._resources.items():
            convert = convert_rule if resource.type == "events:rule" else convert_schedule
            try:
                if is_enabled(resource):
                    schedules[arn] = convert(resource)
            except (ValueError, KeyError) as error:
                self._problems[arn] = f"does not run: {error}"
        return schedules

    def _spawn(self, run: Run) -> None:
        task = asyncio.get_running_loop().create_task(self._make(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, run: Run) -> None:
        try:
            await self._perform(run, convert_run(run))
        except (ValueError, KeyError, AttributeError) as error:  # AttributeError: boto3 has no such call
            self._problems[run.schedule.arn] = str(error)
            await self._give_up(run, "INVALID_TARGET", str(error))
        except (ClientError, BotoCoreError, RuntimeError) as error:
            await self._try_again(run, error)
        else:
            await self._complete(run)

    async def _try_again(self, run: Run, error: Exception) -> None:
        """Later, if the target may answer then and the retry policy lets it; else to the dead letters."""
        code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else "SERVICE_ERROR"
        pause = timedelta(seconds=min(RETRY_SECONDS_MAX, 2.0 ** min(run.attempt - 1, 10)))
        at = self._now() + pause
        is_young = (at - run.scheduled).total_seconds() <= run.target.event_age_seconds
        if _is_passing(error) and run.attempt <= run.target.retries and is_young:
            self._retries.append((at, replace(run, attempt=run.attempt + 1)))
            self._changed.set()
        else:
            await self._give_up(run, code, str(error))

    async def _give_up(self, run: Run, code: str, message: str) -> None:
        log.warning("%s: %s: %s", run.schedule.arn, run.target.arn, message)
        self._tell(run.schedule.arn, Told(run.scheduled, f"was not made: {message}"))
        if run.target.dead_letter_arn:
            try:
                await self._perform(run, convert_dead_letter(run, code, message))
            except (ClientError, BotoCoreError, ValueError) as error:
                log.warning("%s: its dead-letter queue does not take it: %s", run.schedule.arn, error)
        await self._complete(run)

    async def _complete(self, run: Run) -> None:
        """A schedule that has had its last run goes, if it was told to."""
        schedule = run.schedule
        if not schedule.delete_after or schedule.arn in self._next or self._schedules.get(schedule.arn) != schedule:
            return
        client = self._aws("scheduler", schedule.account, schedule.region)
        try:
            await asyncio.to_thread(client.delete_schedule, Name=schedule.name, GroupName=schedule.group)
        except (ClientError, BotoCoreError) as error:
            log.warning("%s: could not be deleted after its last run: %s", schedule.arn, error)

    async def _perform(self, run: Run, call: Call) -> None:
        await asyncio.to_thread(perform, run, call, self._aws)

    async def _tick_for_ever(self) -> None:
        while True:
            self._changed.clear()
            seconds = self.tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LOOK_SECONDS) + 0.001):
                    await self._changed.wait()

    def _live(self, resource: Resource) -> Live:
        schedule, problem = self._schedules.get(resource.arn), self._problems.get(resource.arn, "")
        name = schedule.name if schedule else str(resource.state.get("Name") or resource.arn.rpartition("/")[2])
        if problem:
            return Live(resource.arn, resource.type, name, live=False, detail=problem)
        if schedule is None:
            return Live(resource.arn, resource.type, name, live=True, detail="disabled")  # as it is declared
        at = self._next.get(resource.arn)
        when = f"next run {at:%Y-%m-%d %H:%M:%S} UTC" if at else "no run to come"
        told = str(self._told.get(resource.arn, ""))
        detail = " · ".join(part for part in (schedule.text, when, schedule.note, told) if part)
        return Live(resource.arn, resource.type, name, live=True, detail=detail)


def _is_passing(error: Exception) -> bool:
    """Whether the same call may work later: not if the target is not there or the call is wrong."""
    if not isinstance(error, ClientError):
        return isinstance(error, HTTPClientError | ConnectionError | RuntimeError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or status == 429 or "Throttl" in error.response.get("Error", {}).get("Code", "")
