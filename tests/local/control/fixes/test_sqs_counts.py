"""Each message of a queue is in one of three states, at any time. No server: such a moment cannot be met by asking."""

from types import SimpleNamespace

from homeport.local.control.fixes.sqs import count

NUMBERS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"]


def numbers(message: SimpleNamespace, now: float) -> list[int]:
    found = count([message], now)
    return [found[name] for name in NUMBERS]


def test_a_message_that_becomes_visible_is_always_in_one_number() -> None:
    received = SimpleNamespace(visible_at=1000.0, delayed_until=0.0)
    assert [numbers(received, now) for now in (999.9, 1000.0)] == [[0, 0, 1]] * 2
    assert numbers(received, 1000.1) == [1, 0, 0]


def test_a_message_that_was_sent_with_a_delay_is_not_there_before() -> None:
    sent = SimpleNamespace(visible_at=0.0, delayed_until=1000.0)
    assert numbers(sent, 999.9) == [0, 1, 0]
    assert numbers(sent, 1000.0) == [1, 0, 0]
