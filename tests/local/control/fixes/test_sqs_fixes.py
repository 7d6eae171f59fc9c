import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*"}]}'


@pytest.fixture
def sqs(client: Callable[[str], Any]) -> Any:
    return client("sqs")


@pytest.fixture
def queue(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"])


def read(sqs: Any, queue: str, name: str) -> Any:
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"].get(name)


def test_who_may_use_a_dead_letter_queue_is_answered(sqs: Any, queue: str) -> None:
    allowed = '{"redrivePermission":"denyAll"}'
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedriveAllowPolicy": allowed})
    assert read(sqs, queue, "RedriveAllowPolicy") == allowed
    assert read(sqs, queue, "All") is None
    assert "RedriveAllowPolicy" in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]


def test_the_redrive_policy_is_written_as_aws_writes_it(sqs: Any, queue: str) -> None:
    wish = json.dumps(
        {"deadLetterTargetArn": read(sqs, queue, "QueueArn"), "maxReceiveCount": 3}, separators=(",", ":")
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": wish})
    assert read(sqs, queue, "RedrivePolicy") == wish


def test_a_queue_keeps_its_policy_when_something_else_changes(sqs: Any, queue: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": POLICY})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    assert read(sqs, queue, "Policy") == POLICY
