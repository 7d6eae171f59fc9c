"""Bytes → messages → PutLogEvents, against a real control plane where an API is involved."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.local.data.context import Context
from homeport.local.data.logs import MESSAGE_BYTES_MAX, Lines, Logs

ACCOUNT, REGION = "100000000001", "eu-west-1"


def lines(*pieces: bytes) -> list[str]:
    found: list[str] = []
    writer = Lines(found.append)
    for piece in pieces:
        writer.write(piece)
    return found


def test_lines_are_whole_however_they_arrive() -> None:
    assert lines(b"one\ntw", b"o\r\nthr", b"ee", b"") == ["one", "two", "three"]


def test_empty_lines_are_dropped_as_cloudwatch_refuses_them() -> None:
    assert lines(b"\n\none\n\n", b"") == ["one"]


def test_what_is_not_text_becomes_text() -> None:
    assert lines(b"\xff\xfe\n") == ["\ufffd\ufffd"]


def test_a_line_without_end_is_cut_before_it_fills_the_memory() -> None:
    found: list[str] = []
    writer = Lines(found.append)
    for _ in range(40):
        writer.write(b"x" * 65536)
    assert len(found) >= 8
    assert len(writer._rest) <= MESSAGE_BYTES_MAX


@given(st.text(min_size=1).filter(lambda t: t.strip("\r\n") != ""), st.integers(1, 7))
def test_no_character_is_torn_apart(text: str, size: int) -> None:
    line = "".join(text.split("\n")).strip("\r") * (MESSAGE_BYTES_MAX // max(1, len(text.encode())) + 1)
    if not line:
        return
    content = line.encode() + b"\n"
    step = len(content) // size + 1
    found = lines(*(content[start : start + step] for start in range(0, len(content), step)), b"")
    assert "".join(found) == line.removesuffix("\r")
    assert all(len(message.encode()) <= MESSAGE_BYTES_MAX for message in found)


async def test_a_full_queue_drops_the_oldest_and_says_so() -> None:
    taken: list[str] = []
    logs = Logs(lambda *_: Recorder(taken), queue_max=3)
    for number in range(5):
        logs.put(ACCOUNT, REGION, "group", "stream", str(number))
    await logs.flush()
    assert taken[0].startswith("[homeport] 2 messages before this one were dropped")
    assert taken[1:] == ["2", "3", "4"]


class Recorder:
    """As much of a CloudWatch Logs client as a queue needs; `away` times it does not answer."""

    class exceptions:
        class ResourceAlreadyExistsException(Exception):
            """Never raised here."""

    def __init__(self, taken: list[str], away: int = 0) -> None:
        self._taken, self._away = taken, away

    def create_log_stream(self, **_: Any) -> None:
        if self._away:
            self._away -= 1
            raise ConnectionRefusedError

    def put_log_events(self, logEvents: list[dict[str, Any]], **_: Any) -> None:
        self._taken.extend(event["message"] for event in logEvents)


async def test_messages_wait_for_an_account_that_is_away_and_keep_their_order() -> None:
    taken: list[str] = []
    client = Recorder(taken, away=2)
    logs = Logs(lambda *_: client)
    for number in range(3):
        logs.put(ACCOUNT, REGION, "group", "stream", str(number))
    assert not await logs.flush()
    logs.put(ACCOUNT, REGION, "group", "stream", "3")
    assert not await logs.flush()
    assert await logs.flush()
    assert taken == ["0", "1", "2", "3"]


@pytest.mark.integration
async def test_messages_are_in_the_account(connected: Context) -> None:
    client = connected.aws("logs", ACCOUNT, REGION)
    client.create_log_group(logGroupName="/homeport/local/logs-test")
    logs = Logs(connected.aws)
    for number in range(3000):
        logs.put(ACCOUNT, REGION, "/homeport/local/logs-test", f"web/{number % 2}", f"line {number}")
    while not await logs.flush() or logs._queue:
        pass
    events = client.get_log_events(logGroupName="/homeport/local/logs-test", logStreamName="web/1", startFromHead=True)
    assert [event["message"] for event in events["events"]][:2] == ["line 1", "line 3"]
    client.delete_log_group(logGroupName="/homeport/local/logs-test")


@pytest.mark.integration
async def test_a_group_that_does_not_exist_holds_nothing_up(
    connected: Context, caplog: pytest.LogCaptureFixture
) -> None:
    logs = Logs(connected.aws)
    logs.put(ACCOUNT, REGION, "/no/such/group", "stream", "lost")
    assert await logs.flush()
    assert not logs._queue
    assert "/no/such/group" in caplog.text
