"""SQS messages → the event that Lambda hands to a function, and the function's answer → which messages failed.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Handling errors for an SQS event source".
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.local.data.functions.pattern import matches

EVENT_BYTES_MAX = 6_000_000  # of message bodies and attributes; the rest of 6 MB is the envelope


def convert_event(messages: Sequence[Mapping[str, Any]], queue_arn: str, region: str) -> dict[str, Any]:
    """ReceiveMessage's messages → the event."""
    return {"Records": [_record(message, queue_arn, region) for message in messages]}


def failed_ids(answer: bytes, ids: Sequence[str]) -> set[str]:
    """Message ids that a function which reports partial failures wants again; all of them if it does not make sense."""
    everything = set(ids)
    try:
        loaded = json.loads(answer or b"null")
    except ValueError:
        return everything
    if loaded is None:
        return set()
    if not isinstance(loaded, dict):
        return everything
    items = loaded.get("batchItemFailures") or []
    try:
        failed = {item["itemIdentifier"] for item in items}
    except (TypeError, KeyError):
        return everything
    return failed if failed <= everything else everything


def is_wanted(message: Mapping[str, Any], patterns: Sequence[Mapping[str, Any]], queue_arn: str, region: str) -> bool:
    """Whether an event source mapping's filters let a message through; without filters, all are."""
    if not patterns:
        return True
    record = _record(message, queue_arn, region)
    try:
        record["body"] = json.loads(record["body"])
    except ValueError:
        pass  # text stays text: a filter for fields then lets it not through
    return any(matches(pattern, record) for pattern in patterns)


def split(messages: Sequence[Mapping[str, Any]], bytes_max: int = EVENT_BYTES_MAX) -> list[list[Mapping[str, Any]]]:
    """Batches that fit into one invocation each, in order."""
    batches: list[list[Mapping[str, Any]]] = [[]]
    size = 0
    for message in messages:
        own = len(json.dumps(_record(message, "", "")))
        if batches[-1] and size + own > bytes_max:
            batches.append([])
            size = 0
        batches[-1].append(message)
        size += own
    return [batch for batch in batches if batch]


def _record(message: Mapping[str, Any], queue_arn: str, region: str) -> dict[str, Any]:
    attributes = message.get("MessageAttributes") or {}
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if digest := message.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = digest
    return record


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    converted: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "BinaryValue" in value:
        return {"binaryValue": base64.b64encode(value["BinaryValue"]).decode(), **converted}
    return {"stringValue": value.get("StringValue", ""), **converted}
