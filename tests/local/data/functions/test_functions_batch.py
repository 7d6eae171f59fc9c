"""SQS messages as events, answers as failures, filters: tables of what AWS documents."""

import json

import pytest

from homeport.local.data.functions.batch import convert_event, failed_ids, is_wanted, split
from homeport.local.data.functions.consumer import pause_seconds
from homeport.local.data.functions.pattern import matches

QUEUE = "arn:aws:sqs:eu-west-1:100000000001:orders"
MESSAGE = {
    "MessageId": "m1",
    "ReceiptHandle": "r1",
    "Body": '{"kind": "order", "pence": 250}',
    "MD5OfBody": "d1",
    "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1"},
    "MessageAttributes": {
        "colour": {"DataType": "String", "StringValue": "red"},
        "picture": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    },
}


def test_a_record_has_the_shape_of_aws() -> None:
    (record,) = convert_event([MESSAGE], QUEUE, "eu-west-1")["Records"]
    assert record == {
        "messageId": "m1",
        "receiptHandle": "r1",
        "body": '{"kind": "order", "pence": 250}',
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1"},
        "messageAttributes": {
            "colour": {"stringValue": "red", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "picture": {"binaryValue": "AP8=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfBody": "d1",
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
        "awsRegion": "eu-west-1",
    }


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        ('{"batchItemFailures": []}', ""),
        ('{"batchItemFailures": null}', ""),
        ("{}", ""),
        ("null", ""),
        ("", ""),
        ('{"batchItemFailures": [{"itemIdentifier": "b"}]}', "b"),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', "ab"),
        ('{"batchItemFailures": [{"itemIdentifier": null}]}', "ab"),
        ('{"batchItemFailures": [{"itemIdentifier": []}]}', "ab"),
        ('{"batchItemFailures": [{"id": "b"}]}', "ab"),
        ('{"batchItemFailures": [{"itemIdentifier": "stranger"}]}', "ab"),
        ('{"batchItemFailures": 3}', "ab"),
        ('{"batchItemFailures": ["b"]}', "ab"),
        ('"done"', "ab"),
        ("[1]", "ab"),
        ("rubbish", "ab"),
        ("\xff", "ab"),
    ],
)
def test_partial_failures_are_read_as_aws_documents(answer: str, failed: str) -> None:
    assert failed_ids(answer.encode("latin-1"), ["a", "b"]) == set(failed)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x"]}, {"a": "y"}, False),
        ({"a": ["x", "y"]}, {"a": ["z", "y"]}, True),
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "text"}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
        ({"a": [{"prefix": "or"}]}, {"a": "order"}, True),
        ({"a": [{"prefix": {"equals-ignore-case": "OR"}}]}, {"a": "order"}, True),
        ({"a": [{"suffix": ".png"}]}, {"a": "x.png"}, True),
        ({"a": [{"suffix": ".png"}]}, {"a": 3}, False),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xz"}, False),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}, True),
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 6}, False),
        ({"a": [{"numeric": ["=", 5]}]}, {"a": "5"}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": [{"equals-ignore-case": "ALICE"}]}, {"a": "alice"}, True),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.9"}, True),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "text"}, False),
        ({"a": [{"wildcard": "a*z?"}]}, {"a": "abcz?"}, True),
        ({"a": [{"wildcard": "a*z?"}]}, {"a": "abczx"}, False),
        ({"a": [{"unheard-of": 1}]}, {"a": 1}, False),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 3}, False),
        ({}, {"anything": 1}, True),
    ],
)
def test_patterns_match_as_eventbridge_documents(pattern, value, expected) -> None:
    assert matches(pattern, value) is expected


@pytest.mark.parametrize(
    ("pattern", "body", "expected"),
    [
        ({"body": {"kind": ["order"]}}, '{"kind": "order"}', True),
        ({"body": {"kind": ["order"]}}, '{"kind": "other"}', False),
        ({"body": {"kind": ["order"]}}, "plain text", False),
        ({"body": ["plain text"]}, "plain text", True),
        ({"messageAttributes": {"colour": {"stringValue": ["red"]}}}, "{}", True),
    ],
)
def test_filters_see_the_body_as_json_where_it_is(pattern, body, expected) -> None:
    message = {**MESSAGE, "Body": body}
    assert is_wanted(message, [pattern], QUEUE, "eu-west-1") is expected
    assert is_wanted(message, [{"body": ["never"]}, pattern], QUEUE, "eu-west-1") is expected
    assert is_wanted(message, [], QUEUE, "eu-west-1")


def test_a_large_batch_is_split_in_order() -> None:
    messages = [{**MESSAGE, "MessageId": str(number), "Body": "x" * 400} for number in range(10)]
    parts = split(messages, bytes_max=3000)
    assert [item["MessageId"] for part in parts for item in part] == [str(number) for number in range(10)]
    assert len(parts) > 1
    assert all(len(json.dumps(convert_event(part, "", ""))) < 3100 for part in parts)
    assert split([]) == []


def test_polling_slows_down_when_every_batch_fails_but_never_stops() -> None:
    assert [pause_seconds(failures) for failures in (0, 2, 3, 4, 7, 8, 1000)] == [0, 0, 0.5, 1, 8, 10, 10]
