"""CSV and JSON profiles: the right ones, and every mistake with its place."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.cost.simulation.profile import Profile
from homeport.cost.simulation.traffic_file import read_traffic
from homeport.errors import HomeportError

Read = Callable[..., Profile]
DAY = "2026-11-02T"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def _read(text: str, name: str = "t.csv", service: str = "") -> Profile:
        file = tmp_path / name
        file.write_text(text)
        return read_traffic(file, service)

    return _read


def test_a_csv_of_hours_is_a_profile(read: Read) -> None:
    profile = read(f"time,requests\n{DAY}10:00:00Z,600\n{DAY}11:00:00Z,0\n{DAY}12:00:00Z,1200\n")
    assert profile.start == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert (profile.step_seconds, profile.requests.tolist(), profile.service) == (3600, [600, 0, 1200], None)


@pytest.mark.parametrize(
    "times", [("1793613600", "1793613660"), (f"{DAY}10:00", f"{DAY}10:01"), (f"{DAY}11:00+01:00", f"{DAY}10:01Z")]
)
def test_times_are_iso_or_seconds_and_utc_if_they_say_nothing(read: Read, times: tuple[str, str]) -> None:
    profile = read(f"\ufeffTime, Requests\n\n{times[0]},1\n{times[1]},2\n", name="t.txt")
    assert profile.step_seconds == 60 and profile.start == datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_percentiles_of_steps_count_by_their_requests(read: Read) -> None:
    profile = read(f"time,requests,p50_ms,p95_ms\n{DAY}10:00,9000,100,300\n{DAY}11:00,1000,1000,3000\n{DAY}12:00,0,,\n")
    assert profile.service is not None
    assert profile.service.percentile(0.5) == pytest.approx(0.112, rel=0.05)
    assert profile.service.percentile(0.95) == pytest.approx(1.0, rel=0.1)  # half of the slow tenth is beyond 1 s


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: is empty"),
        ("\n\n", "t.csv: is empty"),
        ("when,what\n1,2\n", "t.csv:1: the columns are when, what; expected time and requests"),
        ("time,requests\n", "t.csv: has 0 steps; expected at least 2"),
        (f"time,requests\n{DAY}10:00,5\n", "t.csv: has 1 step; expected at least 2"),
        (f"time,requests\n{DAY}10:00,5\n{DAY}09:00,5\n", "t.csv:3: time goes back, or stands still: 2026-11-02T09:00"),
        (f"time,requests\n{DAY}10:00,5\n{DAY}10:00,5\n", "t.csv:3: time goes back, or stands still"),
        (
            f"time,requests\n{DAY}10:00,5\n{DAY}11:00,5\n{DAY}14:00,5\n",
            "t.csv:4: a gap: 2026-11-02T14:00:00Z after 2026-11-02T11:00:00Z; expected 2026-11-02T12:00:00Z",
        ),
        (f"time,requests\n{DAY}10:00,5\n{DAY}10:01:30,5\n", "t.csv:3: a step is 90 s; expected whole minutes"),
        (f"time,requests\n{DAY}10:00,NaN\n{DAY}11:00,5\n", "t.csv:2: requests: NaN is not a number"),
        (f"time,requests\n{DAY}10:00,-1\n{DAY}11:00,5\n", "t.csv:2: requests: -1 is negative"),
        (f"time,requests\n{DAY}10:00,inf\n{DAY}11:00,5\n", "t.csv:2: requests: inf is not a number"),
        (f"time,requests\n{DAY}10:00,1e300\n{DAY}11:00,5\n", "t.csv:2: requests: 1e300 is too large"),
        (f"time,requests\n{DAY}10:00,many\n{DAY}11:00,5\n", "t.csv:2: requests: 'many' is not a number"),
        (f"time,requests\nyesterday,1\n{DAY}11:00,5\n", "t.csv:2: time: 'yesterday' is not a time"),
        (f"time,requests\n{DAY}10:00,1,2\n{DAY}11:00,5\n", "t.csv:2: has 3 columns; expected 2"),
        (f"time,requests,p50_ms,p95_ms\n{DAY}10:00,1,90,\n{DAY}11:00,5,,\n", "t.csv:2: p50_ms, p95_ms: one of them"),
        (f"time,requests,p50_ms,p95_ms\n{DAY}10:00,1,90,50\n{DAY}11:00,5,,\n", "t.csv:2: p50_ms is 90, p95_ms 50"),
    ],
)
def test_mistakes_of_a_csv_have_file_and_line(read: Read, text: str, message: str) -> None:
    with pytest.raises(HomeportError) as caught:
        read(text)
    assert message in caught.value.message


def test_all_mistakes_are_said_at_once(read: Read) -> None:
    with pytest.raises(HomeportError) as caught:
        read(f"time,requests\n{DAY}10:00,-1\n{DAY}11:00,x\n{DAY}12:00,3\n{DAY}11:30,3\n")
    assert [line.split("t.csv:")[1][0] for line in caught.value.message.splitlines()] == ["2", "3", "5"]


def test_a_file_of_nothing_but_mistakes_stops_at_twenty(read: Read) -> None:
    with pytest.raises(HomeportError) as caught:
        read("time,requests\n" + "x,y\n" * 1000)
    assert len(caught.value.message.splitlines()) == 21


TRAFFIC = {"start": f"{DAY}10:00:00+00:00", "step_seconds": 3600, "requests": [10, 20], "p50_ms": 80, "p95_ms": 300}


def test_json_as_router_metrics_are_kept(read: Read) -> None:
    profile = read(json.dumps(TRAFFIC), "t.json")
    assert profile.requests.tolist() == [10, 20] and profile.step_seconds == 3600
    assert profile.service is not None and profile.service.percentile(0.95) == pytest.approx(0.3, rel=0.01)


def test_of_several_profiles_one_is_chosen_by_app_or_type(read: Read) -> None:
    several = json.dumps([TRAFFIC | {"app": "shop"}, TRAFFIC | {"app": "blog", "requests": [1, 2, 3]}])
    assert read(several, "t.json", "blog").requests.tolist() == [1, 2, 3]
    with pytest.raises(HomeportError, match=r"t\.json: holds 2 profiles: blog, shop"):
        read(several, "t.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "t.json:1: is not JSON"),
        ('{\n"a": 1,\n}', "t.json:3: is not JSON"),
        ("[]", "is not a profile"),
        ("{}", "requests: is not a list"),
        (json.dumps(TRAFFIC | {"start": "soon"}), "start: 'soon' is not a time"),
        (json.dumps(TRAFFIC | {"step_seconds": "x"}), "step_seconds: is not a number"),
        (json.dumps(TRAFFIC | {"step_seconds": 0}), "a step is 0 s"),
        (json.dumps(TRAFFIC | {"requests": [1, None, -3]}), "requests[1]: 'None' is not a number"),
        (json.dumps(TRAFFIC | {"requests": [1]}), "has 1 steps; expected at least 2"),
        (json.dumps(TRAFFIC | {"p95_ms": 1}), "p50 is 80 ms and p95 1 ms"),
    ],
)
def test_mistakes_of_json_have_their_place(read: Read, text: str, message: str) -> None:
    with pytest.raises(HomeportError) as caught:
        read(text, "t.json")
    assert message in caught.value.message


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for file in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(HomeportError, match="is not a file"):
            read_traffic(file)


@settings(max_examples=150)
@given(st.text(), st.sampled_from(["t.csv", "t.json", "t.log", "t"]))
def test_whatever_is_in_a_file_there_is_a_profile_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    file = tmp_path_factory.mktemp("traffic") / name
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(HomeportError) as caught:
        read_traffic(file)
    assert str(file) in caught.value.message


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*"0123456789.,-:TZ\n", "NaN", "time,requests\n", f"{DAY}10:00,5\n"]), max_size=30))
def test_no_csv_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    file = tmp_path_factory.mktemp("traffic") / "t.csv"
    file.write_text("time,requests\n" + "".join(parts))
    try:
        assert len(read_traffic(file).requests) > 1
    except HomeportError as error:
        assert str(file) in error.message
