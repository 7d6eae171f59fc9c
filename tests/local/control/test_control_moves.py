"""Dead letters brought back: message move tasks, as AWS's own client sees them, and over a crash."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ACCOUNT, REGION, wait_until

pytestmark = pytest.mark.integration


def arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def queue(account: Any, name: str, dead: str | None = None) -> str:
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})} if dead else {}
    url: str = account.client("sqs").create_queue(QueueName=name, Attributes=policy)["QueueUrl"]
    return url


def bury(account: Any, url: str, *bodies: str) -> None:
    """Messages that end in the dead letter queue: received once in vain, then not again."""
    sqs = account.client("sqs")
    entries = [
        {"Id": f"n{n}", "MessageBody": body, "MessageAttributes": {"n": {"DataType": "String", "StringValue": body}}}
        for n, body in enumerate(bodies)
    ]
    for start in range(0, len(entries), 10):
        sqs.send_message_batch(QueueUrl=url, Entries=entries[start : start + 10])
    for _ in range(2):
        while sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages"):
            pass


def messages(account: Any, url: str) -> list[dict[str, Any]]:
    """All messages of a queue."""
    sqs, found = account.client("sqs"), []
    asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    while some := sqs.receive_message(**asked, VisibilityTimeout=600).get("Messages"):
        found += some
    return found


def tasks(account: Any, source: str, count: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("sqs").list_message_move_tasks(
        SourceArn=arn(source), MaxResults=count
    )["Results"]
    return found


def settled(account: Any, source: str) -> dict[str, Any]:
    wait_until(lambda: tasks(account, source)[0]["Status"] != "RUNNING", 20)
    return tasks(account, source)[0]


def test_dead_letters_go_back_to_where_they_came_from(account: Any) -> None:
    dead = queue(account, "moves-dead")
    first, second = queue(account, "moves-first", "moves-dead"), queue(account, "moves-second", "moves-dead")
    bury(account, first, "a", "b")
    bury(account, second, "c")
    sqs = account.client("sqs")
    before = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]
    sqs.start_message_move_task(SourceArn=arn("moves-dead"))
    task = settled(account, "moves-dead")
    assert {name: task[name] for name in task if name != "StartedTimestamp"} == {
        "Status": "COMPLETED",
        "SourceArn": arn("moves-dead"),
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3,
    }
    back = messages(account, first)
    assert [message["Body"] for message in back] == ["a", "b"]
    assert [message["MessageAttributes"]["n"]["StringValue"] for message in back] == ["a", "b"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in back} == {"1"}
    assert not {message["MessageId"] for message in back} & {message["MessageId"] for message in before}
    assert [message["Body"] for message in messages(account, second)] == ["c"]
    assert messages(account, dead) == []


def test_a_task_is_slow_if_asked_and_can_be_cancelled(account: Any) -> None:
    queue(account, "slow-dead")
    url = queue(account, "slow", "slow-dead")
    other = queue(account, "slow-other")
    bury(account, url, *(str(number) for number in range(30)))
    sqs = account.client("sqs")
    asked = {"SourceArn": arn("slow-dead"), "DestinationArn": arn("slow-other"), "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**asked)["TaskHandle"]
    running = tasks(account, "slow-dead")[0]
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", handle)
    assert (running["DestinationArn"], running["MaxNumberOfMessagesPerSecond"]) == (arn("slow-other"), 1)
    with pytest.raises(ClientError, match="There is already a task running"):
        sqs.start_message_move_task(**asked)
    wait_until(lambda: tasks(account, "slow-dead")[0]["ApproximateNumberOfMessagesMoved"] > 0, 10)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 0 < moved < 30
    assert tasks(account, "slow-dead")[0]["Status"] == "CANCELLED"
    assert len(messages(account, other)) == moved
    with pytest.raises(ClientError, match="Only active tasks can be cancelled"):
        sqs.cancel_message_move_task(TaskHandle=handle)
    sqs.start_message_move_task(SourceArn=arn("slow-dead"))
    assert settled(account, "slow-dead")["ApproximateNumberOfMessagesMoved"] == 30 - moved
    assert [task["Status"] for task in tasks(account, "slow-dead", 10)] == ["COMPLETED", "CANCELLED"]


def test_a_message_that_nobody_moved_there_says_so_and_stays(account: Any) -> None:
    dead = queue(account, "direct-dead")
    queue(account, "direct", "direct-dead")
    sqs = account.client("sqs")
    sqs.send_message(QueueUrl=dead, MessageBody="by hand")
    sqs.start_message_move_task(SourceArn=arn("direct-dead"))
    task = settled(account, "direct-dead")
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert [message["Body"] for message in messages(account, dead)] == ["by hand"]


def test_a_queue_that_has_gone_fails_the_task(account: Any) -> None:
    queue(account, "gone-dead")
    url = queue(account, "gone", "gone-dead")
    queue(account, "gone-keeps-it-a-dead-letter-queue", "gone-dead")
    bury(account, url, "a")
    account.client("sqs").delete_queue(QueueUrl=url)
    account.client("sqs").start_message_move_task(SourceArn=arn("gone-dead"))
    task = settled(account, "gone-dead")
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")


def test_tasks_that_cannot_be_are_refused_as_aws_refuses_them(account: Any) -> None:
    queue(account, "odd-dead")
    queue(account, "odd", "odd-dead")
    sqs = account.client("sqs")
    for asked, code, words in (
        ({"SourceArn": arn("odd")}, "InvalidParameterValue", "must be configured as a Dead Letter Queue"),
        ({"SourceArn": arn("nowhere")}, "ResourceNotFoundException", "for the SourceArn parameter doesn't exist"),
        ({"SourceArn": "rubbish"}, "ResourceNotFoundException", "for the SourceArn parameter"),
        ({"DestinationArn": arn("nowhere")}, "ResourceNotFoundException", "for the DestinationArn parameter"),
        ({"DestinationArn": arn("odd-dead")}, "InvalidParameterValue", "cannot be the same"),
        ({"MaxNumberOfMessagesPerSecond": 0}, "InvalidParameterValue", "between 1 and 500"),
        ({"MaxNumberOfMessagesPerSecond": 501}, "InvalidParameterValue", "between 1 and 500"),
    ):
        with pytest.raises(ClientError, match=words) as refused:
            sqs.start_message_move_task(**{"SourceArn": arn("odd-dead"), **asked})
        assert refused.value.response["Error"]["Code"] == code
    for handle, words in (("rubbish", "TaskHandle is invalid"), ("W10=", "TaskHandle is invalid")):
        with pytest.raises(ClientError, match=words):
            sqs.cancel_message_move_task(TaskHandle=handle)
    with pytest.raises(ClientError, match="between 1 and 10"):
        tasks(account, "odd-dead", 11)
    assert tasks(account, "odd-dead") == []


def test_kill_9_in_the_middle_neither_loses_nor_doubles_a_message(own_account: Any) -> None:
    queue(own_account, "dead")
    url = queue(own_account, "work", "dead")
    queue(own_account, "other")
    sent = [str(number) for number in range(40)]
    bury(own_account, url, *sent)
    own_account.client("sqs").start_message_move_task(
        SourceArn=arn("dead"), DestinationArn=arn("other"), MaxNumberOfMessagesPerSecond=50
    )
    wait_until(lambda: tasks(own_account, "dead")[0]["ApproximateNumberOfMessagesMoved"] >= 5, 10)
    own_account.kill()
    own_account.start()
    task = settled(own_account, "dead")
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 40)
    other = own_account.client("sqs").get_queue_url(QueueName="other")["QueueUrl"]
    assert sorted(message["Body"] for message in messages(own_account, other)) == sorted(sent)
