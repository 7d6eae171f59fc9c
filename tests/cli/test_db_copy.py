import pytest

from homeport.cli.db_copy import read_rate, render_bytes, render_progress
from homeport.errors import HomeportError
from homeport.postgres.copy.progress import Progress


@pytest.mark.parametrize(("text", "rate"), [("500", 500), ("20M", 20_000_000), ("1.5k", 1500), ("1G", 10**9)])
def test_a_rate_is_bytes_per_second(text: str, rate: int) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "-5", "0", "5T"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(HomeportError, match="is not a number of bytes per second"):
        read_rate(text)


def test_progress_is_one_line() -> None:
    progress = Progress("rows a", 1_500_000, 3_000_000, 1, 9, 0.25, 75.0)
    assert render_progress(progress) == " 25%, 1 min 15 s left · rows 1.5 MB of about 3.0 MB · rows a"


def test_a_pause_says_why() -> None:
    assert render_progress(Progress("", 0, 0, 0, 0, 0.0, None, "it is busy")) == "paused: it is busy"


def test_sizes_are_rounded() -> None:
    assert [render_bytes(size) for size in (999, 1_000, 2.5e9, 3e12)] == ["999 bytes", "1.0 kB", "2.5 GB", "3.0 TB"]
