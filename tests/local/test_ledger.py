"""Leftovers are ended, strangers are not."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from homeport.local import ledger
from homeport.local.home import Home

IGNORES_SIGINT = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(1000)\n"
)


def leftover(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, start_new_session=True, stdout=subprocess.PIPE)


def test_a_leftover_is_ended_with_its_group(tmp_path: Path) -> None:
    with leftover("sh", "-c", "sleep 1000 & echo $!; wait") as process:
        assert process.stdout
        grandchild = int(process.stdout.readline())
        ledger.record(Home(tmp_path), process.pid, "task catalog")
        assert ledger.sweep(Home(tmp_path)) == ["task catalog"]
        assert process.wait(10) == -signal.SIGKILL
        assert process.stdout.read() == b""  # at its end when the last of the group has gone
    assert ledger.start_time(grandchild) is None
    assert list(Home(tmp_path).ledger.iterdir()) == []


def test_a_group_whose_leader_is_gone_is_ended_too(tmp_path: Path) -> None:
    with leftover("sh", "-c", "sleep 1000 & echo $!; read -r never < /dev/zero") as process:
        assert process.stdout
        grandchild = int(process.stdout.readline())
        ledger.record(Home(tmp_path), process.pid, "task catalog")
        process.kill()
        process.wait(10)
        assert ledger.start_time(grandchild) is not None
        assert ledger.sweep(Home(tmp_path)) == ["task catalog"]
        assert process.stdout.read() == b""
    assert ledger.start_time(grandchild) is None


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    with leftover("sleep", "1000") as process:
        ledger.record(Home(tmp_path), process.pid, "task catalog")
        file = Home(tmp_path).ledger / f"{process.pid}.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "started": "1"}))
        assert ledger.sweep(Home(tmp_path)) == []
        assert process.poll() is None
        process.kill()
    assert list(Home(tmp_path).ledger.iterdir()) == []


def test_a_database_is_asked_to_end_in_order(tmp_path: Path) -> None:
    with leftover(
        sys.executable,
        "-c",
        "import time\ntry:\n print(1, flush=True)\n time.sleep(1000)\nexcept KeyboardInterrupt: exit(5)",
    ) as process:
        assert process.stdout and process.stdout.readline()
        ledger.record(Home(tmp_path), process.pid, "database", stop_signal=signal.SIGINT)
        assert ledger.sweep(Home(tmp_path)) == ["database"]
        assert process.wait(10) == 5


def test_what_does_not_obey_is_killed_when_patience_ends(tmp_path: Path) -> None:
    with leftover(sys.executable, "-c", IGNORES_SIGINT) as process:
        assert process.stdout and process.stdout.readline()
        ledger.record(Home(tmp_path), process.pid, "database", stop_signal=signal.SIGINT)
        now = iter([0.0, 0.0, 1000.0])
        assert ledger.sweep(Home(tmp_path), clock=lambda: next(now), wait=lambda _: None) == ["database"]
        assert process.wait(10) == -signal.SIGKILL


def test_a_record_cut_short_is_thrown_away(tmp_path: Path) -> None:
    Home(tmp_path).ledger.mkdir()
    (Home(tmp_path).ledger / "1.json").write_text('{"pid": 1')
    assert ledger.sweep(Home(tmp_path)) == []
    assert list(Home(tmp_path).ledger.iterdir()) == []


def test_nothing_to_sweep_where_nothing_ever_ran(tmp_path: Path) -> None:
    assert ledger.sweep(Home(tmp_path)) == []
