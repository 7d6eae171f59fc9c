"""SQS event source mappings of the account, live: `Mappings` keeps one consumer per enabled mapping."""

import asyncio
import json
import logging
from collections.abc import Mapping

from homeport.local.data.context import Context, Invoke, Live, Resource, World
from homeport.local.data.functions.consumer import CONCURRENCY, Consumer, Source
from homeport.local.data.functions.queue import Queue

log = logging.getLogger(__name__)

ENABLED_STATES = {"Enabled", "Enabling", "Creating", "Updating"}


class Mappings:
    """Part of the data plane; `invoke` is the functions part's."""

    def __init__(self, context: Context, invoke: Invoke | None = None) -> None:
        self._context = context
        self._invoke = invoke or context.invoke
        self._resources: Mapping[str, Resource] = {}
        self._problems: dict[str, str] = {}
        self._consumers: dict[str, tuple[Consumer, asyncio.Task[None]]] = {}

    async def reconcile(self, world: World) -> None:
        self._resources = world.of("lambda:event-source-mapping")
        wanted = self._sources()
        for arn, (consumer, task) in list(self._consumers.items()):
            if task.done() or wanted.get(arn) != consumer.source:
                task.cancel()
                del self._consumers[arn]
        for arn, source in wanted.items():
            if arn not in self._consumers:
                self._consumers[arn] = self._start(source)

    async def stop(self) -> None:
        tasks = [task for _, task in self._consumers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._consumers.clear()

    def live(self) -> list[Live]:
        return [self._live(resource) for resource in self._resources.values()]

    def _sources(self) -> dict[str, Source]:
        sources = {}
        self._problems = {}
        for arn, resource in self._resources.items():
            try:
                if _is_queue(resource) and _is_enabled(resource):
                    sources[arn] = convert_source(resource)
            except (ValueError, KeyError) as error:  # with a filter of unknown meaning no message may be deleted
                self._problems[arn] = f"does not run: {type(error).__name__}: {error}"
        return sources

    def _start(self, source: Source) -> tuple[Consumer, asyncio.Task[None]]:
        queue = Queue(self._context.aws("sqs", source.account, source.region), source.queue_arn)
        consumer = Consumer(source, queue, self._invoke)
        task = asyncio.get_running_loop().create_task(consumer.run())
        task.add_done_callback(_report_end)
        return consumer, task

    def _live(self, resource: Resource) -> Live:
        queue, function = _queue_arn(resource), str(resource.state.get("FunctionArn", ""))
        name = f"{queue.rpartition(':')[2]} → {':'.join(function.split(':')[6:])}"
        consumer, task = self._consumers.get(resource.arn, (None, None))
        if consumer and task and not task.done():
            return Live(resource.arn, resource.type, name, not consumer.problem, detail=consumer.problem)
        detail = "disabled" if _is_queue(resource) else f"{queue or 'its source'} is not a queue: declared only"
        return Live(resource.arn, resource.type, name, live=False, detail=self._problems.get(resource.arn, detail))


def convert_source(resource: Resource) -> Source:
    """The feed's `lambda:event-source-mapping` → Source."""
    state = resource.state
    filters = (state.get("FilterCriteria") or {}).get("Filters") or ()
    return Source(
        arn=resource.arn,
        account=resource.account,
        region=resource.region,
        queue_arn=_queue_arn(resource),
        function_arn=str(state["FunctionArn"]),
        batch_size=int(state.get("BatchSize") or 10),
        window_seconds=float(state.get("MaximumBatchingWindowInSeconds") or 0),
        partial_failures="ReportBatchItemFailures" in (state.get("FunctionResponseTypes") or ()),
        concurrency=int((state.get("ScalingConfig") or {}).get("MaximumConcurrency") or CONCURRENCY),
        patterns=tuple(json.loads(item["Pattern"]) for item in filters if item.get("Pattern")),
    )


def _is_enabled(resource: Resource) -> bool:
    if "Enabled" in resource.state:
        return bool(resource.state["Enabled"])
    return resource.state.get("State") in ENABLED_STATES


def _is_queue(resource: Resource) -> bool:
    return _queue_arn(resource).split(":")[2:3] == ["sqs"]


def _queue_arn(resource: Resource) -> str:
    return str(resource.state.get("EventSourceArn") or "")


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("an event source mapping ended; the next change of the account starts it again", exc_info=error)
