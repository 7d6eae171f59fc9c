"""Event source mappings on real queues of the control plane: redrive, partial failures, filters, throttling."""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from homeport.local.aws import client
from homeport.local.data.context import InvokeResult, Resource
from homeport.local.data.functions.mappings import Mappings

pytestmark = pytest.mark.integration

SUCCESS = InvokeResult(b"null")
FAILURE = InvokeResult(b"{}", function_error="Unhandled")
THROTTLED = InvokeResult(b"{}", throttled=True)

Answer = Callable[[list[str]], InvokeResult]


class Stage:
    """A queue, a mapping on it, and a function that answers as a test wants."""

    def __init__(self, kit: SimpleNamespace, control: str, tmp_path: Any) -> None:
        self.kit = kit
        self.sqs = client("sqs", control, kit.ACCOUNT, kit.REGION)
        self.calls: list[tuple[str, list[str]]] = []
        self.answer: Answer = lambda bodies: SUCCESS
        context = kit.make_context(tmp_path, aws=lambda *which: client(which[0], control, *which[1:]))
        self.function: Any = self.invoke
        self.mappings = Mappings(context, lambda *given, **options: self.function(*given, **options))
        self.url = self.arn = ""

    async def invoke(
        self, function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False
    ) -> InvokeResult:
        records = json.loads(payload)["Records"]
        self.calls.append((function_arn, [record["body"] for record in records]))
        self.records = records
        result = self.answer([record["body"] for record in records])
        if result.payload == b"fail odd":
            failed = [{"itemIdentifier": item["messageId"]} for item in records if int(item["body"]) % 2]
            return InvokeResult(json.dumps({"batchItemFailures": failed}).encode())
        return result

    def make_queue(self, suffix: str = "", **attributes: str) -> tuple[str, str]:
        name = f"q-{uuid.uuid4().hex[:8]}{suffix}"
        url = self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1", **attributes})["QueueUrl"]
        return url, f"arn:aws:sqs:{self.kit.REGION}:{self.kit.ACCOUNT}:{name}"

    async def map(self, **state: Any) -> None:
        if not self.url:
            self.url, self.arn = self.make_queue()
        function_arn = self.kit.arn_of("greet") + ":live"
        state = {"EventSourceArn": self.arn, "FunctionArn": function_arn, "BatchSize": 10, "Enabled": True, **state}
        arn = "arn:aws:lambda:eu-west-1:100000000001:event-source-mapping:1"
        resource = Resource(arn, "lambda:event-source-mapping", self.kit.ACCOUNT, self.kit.REGION, state)
        await self.mappings.reconcile(self.kit.world_of(resource))

    def send(self, *bodies: str, **options: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def left(self, url: str = "") -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)
        return sum(map(int, answer["Attributes"].values()))

    @property
    def bodies(self) -> list[str]:
        return [body for _, bodies in self.calls for body in bodies]


@pytest.fixture
async def stage(kit: SimpleNamespace, control: str, tmp_path: Any) -> AsyncIterator[Stage]:
    stage = Stage(kit, control, tmp_path)
    yield stage
    await stage.mappings.stop()


async def test_messages_reach_the_alias_in_one_batch_and_are_deleted(stage, kit) -> None:
    stage.url, stage.arn = stage.make_queue()
    attribute = {"colour": {"DataType": "String", "StringValue": "red"}}
    stage.send("one", "two", "three", MessageAttributes=attribute)
    await stage.map()
    await kit.until(lambda: stage.left() == 0)
    assert stage.calls == [(kit.arn_of("greet") + ":live", ["one", "two", "three"])]
    record = stage.records[0]
    assert record["eventSourceARN"] == stage.arn
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])
    assert record["messageAttributes"]["colour"]["stringValue"] == "red"
    (live,) = stage.mappings.live()
    assert live.live and live.name.endswith("→ greet:live")


async def test_a_failing_batch_comes_again_until_the_dead_letter_queue_has_it(stage, kit) -> None:
    dead_url, dead_arn = stage.make_queue()
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    stage.url, stage.arn = stage.make_queue(RedrivePolicy=redrive)
    stage.answer = lambda bodies: FAILURE
    await stage.map()
    stage.send("bad")
    await kit.until(lambda: stage.left(dead_url) == 1)
    assert stage.bodies == ["bad", "bad"]


async def test_only_the_failures_that_the_function_names_come_again(stage, kit) -> None:
    stage.url, stage.arn = stage.make_queue()
    stage.send("1", "2", "3", "4")
    answers = iter([InvokeResult(b"fail odd")])
    stage.answer = lambda bodies: next(answers, SUCCESS)
    await stage.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    await kit.until(lambda: stage.left() == 0)
    assert sorted(stage.bodies[:4]) == ["1", "2", "3", "4"]
    assert sorted(stage.bodies[4:]) == ["1", "3"]


async def test_an_answer_that_makes_no_sense_fails_the_whole_batch(stage, kit) -> None:
    stage.url, stage.arn = stage.make_queue(VisibilityTimeout="3")  # on a busy machine a second may end before a batch
    stage.send("1", "2")
    answers = iter([InvokeResult(b'{"batchItemFailures": [{"itemIdentifier": ""}]}')])
    stage.answer = lambda bodies: next(answers, SUCCESS)
    await stage.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    await kit.until(lambda: stage.left() == 0)
    assert sorted(stage.bodies) == ["1", "1", "2", "2"]


async def test_without_partial_failures_the_answer_does_not_matter(stage, kit) -> None:
    stage.answer = lambda bodies: InvokeResult(b'{"batchItemFailures": [{"itemIdentifier": ""}]}')
    await stage.map()
    stage.send("1")
    await kit.until(lambda: stage.calls and stage.left() == 0)
    assert stage.bodies == ["1"]


async def test_throttled_messages_wait_without_using_up_their_receives(stage, kit) -> None:
    dead_url, dead_arn = stage.make_queue()
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    stage.url, stage.arn = stage.make_queue(RedrivePolicy=redrive)
    begun = time.monotonic()
    stage.answer = lambda bodies: THROTTLED if time.monotonic() < begun + 3 else SUCCESS  # three visibility timeouts
    await stage.map()
    stage.send("patient")
    await kit.until(lambda: time.monotonic() > begun + 3 and stage.left() == 0)
    assert stage.left(dead_url) == 0
    assert len(stage.calls) > 3
    assert stage.records[0]["attributes"]["ApproximateReceiveCount"] == "1"


async def test_filtered_messages_are_deleted_unseen(stage, kit) -> None:
    pattern = {"Pattern": json.dumps({"body": {"kind": ["order"]}})}
    await stage.map(FilterCriteria={"Filters": [pattern]})
    stage.send('{"kind": "noise"}', '{"kind": "order"}', "text")
    await kit.until(lambda: stage.calls and stage.left() == 0)
    assert stage.bodies == ['{"kind": "order"}']


async def test_a_filter_that_cannot_be_read_deletes_nothing(stage, kit) -> None:
    await stage.map(FilterCriteria={"Filters": [{"Pattern": "{"}]})
    stage.send("precious")
    (live,) = stage.mappings.live()
    assert not live.live and "does not run" in live.detail
    assert stage.left() == 1 and not stage.calls


async def test_a_batching_window_collects_more_than_ten(stage, kit) -> None:
    stage.url, stage.arn = stage.make_queue(VisibilityTimeout="30")
    stage.send(*map(str, range(14)))
    await stage.map(BatchSize=100, MaximumBatchingWindowInSeconds=1)
    await kit.until(lambda: stage.left() == 0)
    assert [len(bodies) for _, bodies in stage.calls] == [14]


async def test_no_more_batches_run_at_a_time_than_allowed(stage, kit) -> None:
    stage.url, stage.arn = stage.make_queue(VisibilityTimeout="30")
    stage.send(*map(str, range(8)))
    running, most, gate = 0, 0, asyncio.Event()

    async def invoke(*_: Any, **__: Any) -> InvokeResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        return SUCCESS

    stage.function = invoke
    await stage.map(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    await kit.until(lambda: running == 2)
    gate.set()
    await kit.until(lambda: stage.left() == 0)
    assert most == 2


async def test_a_fifo_queue_keeps_the_order_of_a_group(stage, kit) -> None:
    stage.url, stage.arn = stage.make_queue(".fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for number in range(6):
        stage.send(str(number), MessageGroupId="g")
    await stage.map(BatchSize=2)
    await kit.until(lambda: stage.left() == 0)
    assert stage.bodies == [str(number) for number in range(6)]
    assert stage.records[0]["attributes"]["MessageGroupId"] == "g"


async def test_a_disabled_mapping_leaves_messages_alone_and_an_enabled_one_takes_them(stage, kit) -> None:
    await stage.map()
    await stage.map(Enabled=False)
    stage.send("later")
    (live,) = stage.mappings.live()
    assert (live.live, live.detail) == (False, "disabled")
    await stage.map()
    await kit.until(lambda: stage.calls and stage.left() == 0)
    # A poll that was under way when the mapping was disabled has given back what it still received.
    assert stage.bodies == ["later"]


async def test_a_queue_that_does_not_exist_yet_is_waited_for(stage, kit) -> None:
    name = f"late-{uuid.uuid4().hex[:8]}"
    stage.url, stage.arn = "unknown", f"arn:aws:sqs:{kit.REGION}:{kit.ACCOUNT}:{name}"
    await stage.map()
    await kit.until(lambda: "cannot be read" in stage.mappings.live()[0].detail)
    stage.url = stage.sqs.create_queue(QueueName=name)["QueueUrl"]
    stage.send("at last")
    await kit.until(lambda: stage.bodies == ["at last"])
    assert stage.mappings.live()[0].live


async def test_a_function_that_raises_unexpectedly_does_not_end_the_mapping(stage, kit) -> None:
    answers: list[Any] = [RuntimeError("a bug"), LookupError("no function"), SUCCESS]

    async def invoke(*_: Any, **__: Any) -> InvokeResult:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    stage.function = invoke
    await stage.map()
    stage.send("again")
    await kit.until(lambda: not answers and stage.left() == 0)


async def test_an_idle_queue_costs_next_to_nothing(stage) -> None:
    await stage.map()
    spent = []
    for _ in range(3):  # what came before may still be ending in the first
        begun = time.process_time()
        await asyncio.sleep(0.5)
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.05
    assert threading.active_count() < 20


async def test_a_real_function_handles_the_messages_of_a_real_queue(stage, plane, kit) -> None:
    source = """
        def handler(event, context):
            failures = []
            for record in event["Records"]:
                print("got", record["body"], record["attributes"]["ApproximateReceiveCount"])
                if record["body"] == "odd" and record["attributes"]["ApproximateReceiveCount"] == "1":
                    failures.append({"itemIdentifier": record["messageId"]})
            return {"batchItemFailures": failures}
    """
    stage.function = plane.functions.invoke
    await plane.deploy("\n".join(line[8:] for line in source.splitlines()))
    stage.url, stage.arn = stage.make_queue()
    stage.send("even", "odd")
    await stage.map(FunctionArn=kit.arn_of("greet"), FunctionResponseTypes=["ReportBatchItemFailures"])
    await kit.until(lambda: stage.left() == 0)
    printed = [line for line in plane.logged.of("greet") if line.startswith("got")]
    assert printed == ["got even 1", "got odd 1", "got odd 2"]
