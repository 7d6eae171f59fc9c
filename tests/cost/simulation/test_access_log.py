"""Access logs of every kind, and what is no access log."""

import gzip
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.cost.simulation.access_log import read_access_log
from homeport.cost.simulation.lines import LINE_MAX
from homeport.errors import HomeportError

Write = Callable[[str], Path]

HEROKU = (
    '2026-11-02T{clock}.123456+00:00 heroku[router]: at=info method=GET path="/shop?token=s3cret" '
    "host=shop.example dyno=web.1 connect=0ms service={ms}ms status=200 bytes=812 protocol=https"
)
NGINX = '203.0.113.9 - ann [02/Nov/2026:{clock} +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5 x 9" {end}'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        file = tmp_path / "web.log"
        file.write_text(text)
        return file

    return _write


def test_herokus_router_says_when_and_how_long(write: Write) -> None:
    lines = [HEROKU.format(clock=f"10:{minute:02}:30", ms=100 + minute) for minute in (0, 0, 2)]
    profile = read_access_log(write("\n".join(lines)))
    assert profile.start == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    assert profile.requests.tolist() == [2, 0, 1] and profile.step_seconds == 60
    assert profile.service is not None
    assert profile.service.mean == pytest.approx(np.mean([0.1, 0.1, 0.102]))


def test_other_lines_of_heroku_are_skipped_and_counted(write: Write) -> None:
    app = "2026-11-02T10:00:01+00:00 app[web.1]: Booting worker with pid: 9"
    drain = "<158>1 2026-11-02T10:03:01+00:00 host heroku router - at=error code=H12 service=30000ms status=503"
    profile = read_access_log(write("\n".join([HEROKU.format(clock="10:00:00", ms=5), app, drain])))
    assert profile.requests.tolist() == [1, 0, 0, 1]
    assert "1 of 3 lines are no requests" in profile.notes


@pytest.mark.parametrize(
    ("end", "seconds"),
    [("0.250", 0.25), ("250000", 0.25), ("rt=0.250 uct=0.001", 0.25), ('request_time="0.250"', 0.25), ("1.5", 1.5)],
)
def test_the_duration_is_found_in_its_usual_places(write: Write, end: str, seconds: float) -> None:
    lines = [NGINX.format(clock=f"10:0{minute}:00", end=end) for minute in range(3)]
    profile = read_access_log(write("\n".join(lines)))
    assert profile.service is not None and profile.service.mean == pytest.approx(seconds)


def test_without_durations_there_is_no_service_time(write: Write) -> None:
    common = '127.0.0.1 - - [02/Nov/2026:10:0{minute}:00 +0100] "GET / HTTP/1.1" 304 -'
    profile = read_access_log(write("\n".join(common.format(minute=minute) for minute in range(2))))
    assert profile.service is None
    assert profile.start == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # the zone counts


def test_a_websocket_is_a_request_without_a_service_time(write: Write) -> None:
    long = HEROKU.replace("status=200", "status=101")
    text = "\n".join([long.format(clock="10:00:00", ms=55_000), HEROKU.format(clock="10:01:00", ms=100)])
    profile = read_access_log(write(text))
    assert profile.requests.sum() == 2
    assert profile.service is not None and profile.service.mean == pytest.approx(0.1)


def test_the_percentiles_are_those_of_the_log(write: Write) -> None:
    milliseconds = np.random.default_rng(4).lognormal(4.5, 0.9, 5000).round().astype(int)
    lines = [HEROKU.format(clock=f"10:{n // 100:02}:00", ms=ms) for n, ms in enumerate(milliseconds)]
    service = read_access_log(write("\n".join(lines))).service
    assert service is not None
    for share in (0.5, 0.95, 0.99):
        assert service.percentile(share) * 1000 == pytest.approx(np.quantile(milliseconds, share), rel=0.03)
    assert service.scv == pytest.approx(milliseconds.var() / milliseconds.mean() ** 2)


def test_gzip_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "web.log.gz"
    file.write_bytes(gzip.compress("\n".join(HEROKU.format(clock=f"10:0{n}:00", ms=9) for n in range(4)).encode()))
    assert read_access_log(file).requests.sum() == 4


def test_a_cut_off_gzip_says_where(tmp_path: Path) -> None:
    file = tmp_path / "web.log.gz"
    text = "".join(HEROKU.format(clock=f"10:0{n % 9}:00", ms=n) + "\n" for n in range(9))
    file.write_bytes(gzip.compress(text.encode())[:-30])
    with pytest.raises(HomeportError, match=r"web\.log\.gz:\d+: the compressed file is damaged or cut off"):
        read_access_log(file)


def test_a_little_disorder_is_normal_and_more_is_an_error_with_its_line(write: Write) -> None:
    clocks = ["10:05:00", "10:02:00", "10:06:00"]
    assert read_access_log(write("\n".join(HEROKU.format(clock=c, ms=9) for c in clocks))).requests.sum() == 3
    clocks.append("09:06:00")
    with pytest.raises(HomeportError, match=r"web\.log:4: time goes back by 60 minutes, to 2026-11-02 09:06 UTC"):
        read_access_log(write("\n".join(HEROKU.format(clock=c, ms=9) for c in clocks)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\nworld\n", r"web\.log:1: none of 2 lines is a request"),
        (HEROKU.format(clock="10:00:00", ms=1), r"web\.log: has 1 request within one minute"),
        ("x" * (LINE_MAX + 10), r"web\.log:1: a line is longer"),
        (NGINX.format(clock="25:00:00", end="1"), r"web\.log:1: has a date that does not exist"),
        (
            HEROKU.format(clock="10:00:00", ms=1)
            + "\n"
            + HEROKU.format(clock="10:00:00", ms=1).replace("2026", "2028"),
            r"web\.log:2: is more than 400 days after the first line",
        ),
    ],
)
def test_what_is_no_profile_is_said_with_its_line(write: Write, text: str, message: str) -> None:
    with pytest.raises(HomeportError, match=message):
        read_access_log(write(text))


def test_no_error_shows_what_a_line_holds(write: Write) -> None:
    lines = [HEROKU.format(clock="10:00:00", ms=1), HEROKU.format(clock="08:00:00", ms=1)]
    with pytest.raises(HomeportError) as caught:
        read_access_log(write("\n".join(lines)))
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    line = HEROKU.format(clock="10:{minute:02}:00", ms=7)

    def peak(repeats: int) -> int:
        file = tmp_path / f"{repeats}.log"
        file.write_text("".join((line.format(minute=minute) + "\n") * repeats for minute in range(60)))
        tracemalloc.start()
        read_access_log(file)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)  # what is imported or compiled once
    assert peak(200) < peak(20) + 50_000


@settings(max_examples=150)
@given(st.lists(st.one_of(st.text(), st.sampled_from([HEROKU.format(clock="10:00:00", ms=1), NGINX])), max_size=6))
def test_whatever_is_in_it_there_is_a_profile_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    file = tmp_path_factory.mktemp("log") / "odd.log"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        assert len(read_access_log(file).requests) > 1
    except HomeportError as error:
        assert str(file) in error.message
