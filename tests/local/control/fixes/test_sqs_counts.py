"""Each message of a queue is in one of three states, at any time. No server: such a moment cannot be met by asking."""

from itertools import count as numbers_from
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core import utils
from moto.sqs import models

from homeport.local.control.fixes import sqs

NUMBERS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"]


def numbers(message: Any, now: float) -> list[int]:
    found = sqs.count([message], now)
    return [found[name] for name in NUMBERS]


def test_a_message_that_becomes_visible_is_always_in_one_number() -> None:
    received = SimpleNamespace(visible_at=1000.0, delayed_until=0.0)
    assert [numbers(received, now) for now in (999.9, 1000.0)] == [[0, 0, 1]] * 2
    assert numbers(received, 1000.1) == [1, 0, 0]


def test_a_message_that_was_sent_with_a_delay_is_not_there_before() -> None:
    sent = SimpleNamespace(visible_at=0.0, delayed_until=1000.0)
    assert numbers(sent, 999.9) == [0, 1, 0]
    assert numbers(sent, 1000.0) == [1, 0, 0]


@pytest.mark.parametrize("moment", range(8))
def test_a_queue_answers_it_so_while_time_passes(moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is later than the one before, and the message becomes visible between two of them."""
    queue_class = models.Queue
    for name in ("attributes", "_set_attributes"):  # put back what the fix replaces
        monkeypatch.setattr(queue_class, name, queue_class.__dict__[name])
    monkeypatch.setattr(queue_class, "BASE_ATTRIBUTES", list(queue_class.BASE_ATTRIBUTES))
    monkeypatch.setattr(queue_class, "redrive_allow_policy", None, raising=False)
    clock = numbers_from(1_000_000)
    for module in (utils, models):
        monkeypatch.setattr(module, "unix_time_millis", lambda: float(next(clock)))
    sqs.apply()
    queue = queue_class("q", "eu-west-1", "100000000001")
    message = models.Message("m", "body", {})
    queue._messages.append(message)
    message.visible_at = next(clock) + moment + 0.5
    answered = queue.attributes
    assert sum(answered[name] for name in NUMBERS) == 1
