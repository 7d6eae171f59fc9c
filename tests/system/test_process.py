"""Children of the command line leave when asked, and are killed when they do not."""

import sys
from pathlib import Path

from homeport.system import process

WAITS = "import time; print('ready', flush=True); time.sleep(600)"
IGNORES = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}"


def started(code: str, log: Path) -> int:
    pid = process.start([sys.executable, "-c", code], log=log, environment={}, dies_with_us=True)
    while "ready" not in log.read_text():
        assert process.exit_code(pid) is None
    return pid


def test_a_child_that_listens_to_sigterm_leaves_by_itself(tmp_path: Path) -> None:
    pid = started(WAITS, tmp_path / "log")
    assert process.stop(pid, timeout_seconds=10)
    assert not process.is_alive(pid)


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    pid = started(IGNORES, tmp_path / "log")
    assert not process.stop(pid, timeout_seconds=0.2)


def test_a_process_that_is_gone_counts_as_stopped() -> None:
    assert process.stop(2**22 - 3, timeout_seconds=0)
