import pytest

from homeport.postgres.copy.throttle import Load, Throttle, pause_reason

QUIET = Load(3, 0, 0.0, 0.0)


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_limit_holds_over_time() -> None:
    time = Time()
    throttle = Throttle(1000, clock=lambda: time.now, sleep=time.sleep)
    for _ in range(100):
        throttle.spend(100)
    assert time.now == pytest.approx(110, abs=0.5)


def test_time_that_was_not_used_is_not_saved_up() -> None:
    time = Time()
    throttle = Throttle(1000, clock=lambda: time.now, sleep=time.sleep)
    time.now += 1000
    throttle.spend(10_000)
    assert time.now == pytest.approx(1110, abs=0.5)


def test_without_a_limit_nobody_waits() -> None:
    Throttle(None, sleep=lambda seconds: pytest.fail("slept")).spend(10**12)


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(3, 9, 7.0, 0.0), "9 sessions wait for locks on the source, one for 7 s"),
        (Load(40, 0, 0.0, 0.0), "40 sessions are active on the source, 3 were before the copy"),
        (Load(3, 0, 0.0, 60.0), "a replica of the source is 60 s behind"),
    ],
)
def test_a_source_with_worries_of_its_own_is_left_alone(load: Load, words: str) -> None:
    assert pause_reason(load, QUIET) == words


@pytest.mark.parametrize("load", [QUIET, Load(16, 5, 60.0, 29.0), Load(3, 100, 1.0, 0.0)])
def test_ordinary_load_does_not_stop_a_copy(load: Load) -> None:
    assert pause_reason(load, QUIET) is None
