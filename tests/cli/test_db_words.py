"""Sizes, times and lag in words."""

import pytest

from homeport.cli.db_words import Ticker, duration, precise, render_bytes, render_lag, render_progress, time_left
from homeport.postgres.copy.progress import Progress
from homeport.postgres.follow.run import Lag


def test_progress_is_one_line() -> None:
    progress = Progress("rows a", 1_500_000, 3_000_000, 1, 9, 0.25, 75.0)
    assert render_progress(progress) == " 25%, 1 min 15 s left · rows 1.5 MB of about 3.0 MB · rows a"


def test_a_pause_says_why() -> None:
    assert render_progress(Progress("", 0, 0, 0, 0, 0.0, None, "it is busy")) == "paused: it is busy"


def test_sizes_are_rounded() -> None:
    said = ["999 bytes", "1.0 kB", "96 kB", "1.0 MB", "2.5 GB", "3.0 TB"]
    assert [render_bytes(size) for size in (999, 1_000, 96_400, 999_960, 2.5e9, 3e12)] == said


def test_times_are_rounded() -> None:
    assert [duration(seconds) for seconds in (0.43, 12.4, 180, 9000)] == ["0.4 s", "12 s", "3 min", "2.5 h"]
    assert [precise(seconds) for seconds in (0.043, 12.34, 180)] == ["0.04 s", "12.3 s", "3 min"]
    assert [time_left(seconds) for seconds in (45, 75, 7500)] == ["45 s", "1 min 15 s", "2 h 5 min"]


@pytest.mark.parametrize(
    ("lag", "said"),
    [(Lag(1204, 96_300, 0.4), "lag 1,204 rows, 96 kB, 0.4 s"), (Lag(1, 80, 0.04), "lag 1 row, 80 bytes, 0.0 s")],
)
def test_lag_is_told_in_rows_bytes_and_seconds(lag: Lag, said: str) -> None:
    assert render_lag(lag) == said


def test_off_a_terminal_what_is_true_is_told_now_and_then_and_what_happens_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    ticker = Ticker(lambda: now)
    for now in (1.0, 3.5, 4.0, 8.0, 9.0):
        ticker.tell(f"at {now}")
    ticker.note("a delta")
    ticker.end()
    assert capsys.readouterr().err == "at 3.5\nat 9.0\na delta\n"
