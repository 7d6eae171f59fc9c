import pytest

from homeport.postgres.copy.progress import Meter


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_remaining_time_follows_from_the_share_that_is_done() -> None:
    time = Time()
    meter = Meter({"rows a": 5.0, "rows b": 5.0, "index x": 10.0}, 2000, time)
    meter.passed(500)
    meter.finished("rows a", 500)
    time.now = 10.0
    progress = meter.read("index x")
    assert progress.share == 0.25
    assert progress.remaining_seconds == 30.0
    assert progress.bytes_expected == 1000  # rows turned out to be half of what they weigh on disk


def test_bytes_on_their_way_count() -> None:
    meter = Meter({"rows a": 5.0, "rows b": 5.0}, 2000, Time())
    meter.passed(1000)
    assert meter.read("").share == 0.5


def test_rows_never_count_for_more_than_all_rows() -> None:
    meter = Meter({"rows a": 5.0, "index x": 5.0}, 100, Time())
    meter.passed(10_000)
    assert meter.read("").share == 0.5


def test_no_time_is_told_before_it_may_be_believed() -> None:
    time = Time()
    meter = Meter({"rows a": 1.0, "index x": 99.0}, 100, time)
    time.now = 60.0
    meter.finished("rows a", 100)
    assert meter.read("").remaining_seconds is None


def test_time_spent_waiting_says_nothing_about_speed() -> None:
    time = Time()
    meter = Meter({"rows a": 1.0, "rows b": 1.0}, 100, time)
    meter.finished("rows a", 0)
    time.now = 70.0
    meter.waited(60.0)
    assert meter.read("", "busy").remaining_seconds == pytest.approx(10.0)
