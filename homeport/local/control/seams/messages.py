"""The messages of one queue: who may have which message when. Pure but for the clock that callers pass.

moto searches its list of messages at each step, and two receivers at once can get the same message.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator
from typing import Any

DEDUPLICATION_MS = 5 * 60 * 1000


class Messages:
    """Messages in order of arrival, found by id. Times are milliseconds since the epoch."""

    def __init__(self) -> None:
        self._by_id: dict[str, Any] = {}
        self._deduplication: dict[str, tuple[int, Any]] = {}

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, identifier: str | None) -> Any:
        return self._by_id.get(identifier or "")

    def add(self, message: Any) -> None:
        self._by_id[message.id] = message
        if message.deduplication_id:
            self._deduplication[message.deduplication_id] = (message.sent_timestamp, message)

    def duplicate_of(self, message: Any) -> Any:
        """The message that was sent with the same deduplication id in the last five minutes, even if deleted since."""
        oldest = message.sent_timestamp - DEDUPLICATION_MS
        self._deduplication = {k: v for k, v in self._deduplication.items() if v[0] > oldest}
        found = self._deduplication.get(message.deduplication_id or "")
        return found[1] if found else None

    def remove(self, identifier: str) -> Any:
        return self._by_id.pop(identifier, None)

    def clear(self) -> None:
        self._by_id.clear()

    def counts(self, now: float) -> tuple[int, int, int]:
        """Available, in flight, delayed."""
        delayed = sum(message.delayed_until > now for message in self._by_id.values())
        in_flight = sum(message.visible_at > now for message in self._by_id.values())
        return len(self._by_id) - delayed - in_flight, in_flight, delayed

    def available(self, now: float, *, fifo: bool) -> Iterator[Any]:
        """Messages that may be received now, oldest first. In FIFO queues a group in flight waits."""
        blocked = {m.group_id for m in self._by_id.values() if m.visible_at > now} if fifo else set()
        for message in list(self._by_id.values()):
            if message.visible_at <= now and message.delayed_until <= now and message.group_id not in blocked - {None}:
                yield message

    def next_change(self, now: float) -> float | None:
        """When the next message becomes available by time alone."""
        times = (max(message.visible_at, message.delayed_until) for message in self._by_id.values())
        return min((at for at in times if at > now), default=None)


def take(message: Any, now: float, visibility_seconds: float) -> None:
    """A consumer has it now; nobody else gets it until the visibility timeout ends."""
    message.approximate_first_receive_timestamp = message.approximate_first_receive_timestamp or int(now)
    message.approximate_receive_count += 1
    message.visible_at = now + visibility_seconds * 1000
    message.receipt_handle = _receipt(message.id)


def identifier_in(receipt_handle: str) -> str | None:
    """The message that a receipt handle is for; None if it is no receipt handle."""
    try:
        identifier, _, nonce = base64.b64decode(receipt_handle, validate=True).decode().partition(" ")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return identifier if nonce else None


def _receipt(identifier: str) -> str:
    return base64.b64encode(f"{identifier} {secrets.token_hex(24)}".encode()).decode()
