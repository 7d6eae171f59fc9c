"""Starting and stopping planes: none is left behind or doubled, whenever it is interrupted. Real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local import session
from homeport.local.home import Home
from homeport.system import interrupts, lock, process

pytestmark = pytest.mark.integration


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    session.create(made)
    return made


def wait_starting(home: Home) -> int:
    """Process id of the control plane, once it holds the home and long before it answers."""
    deadline = time.monotonic() + 30
    while (pid := lock.holder(home.lock_of("control"))) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return pid


def test_an_interrupted_start_stops_the_plane_that_it_started(home: Home) -> None:
    started: list[int] = []

    def interrupt() -> None:
        started.append(wait_starting(home))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt), interrupts.interruptible():
        thread.start()
        session.start_planes(home, dies_with_us=False)
    thread.join()
    assert not home.control.exists(), "it was interrupted too late to prove anything"
    assert started and not process.is_alive(started[0])
    assert lock.holder(home.lock_of("control")) is None


def test_a_plane_that_is_only_starting_is_stopped_too(home: Home) -> None:
    """By `homeport down`, after the `up` that started it was killed."""
    command = [sys.executable, "-m", "homeport.local.control", "--home", str(home.path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as orphan:
        assert wait_starting(home) == orphan.pid
        reaper = threading.Thread(target=orphan.wait)
        reaper.start()
        assert session.stop_planes(home)
        reaper.join()
    assert not home.control.exists() and orphan.returncode
    assert not session.stop_planes(home)


@pytest.mark.parametrize("plane", ["control", "data"])
def test_a_second_plane_on_a_home_is_refused_before_it_reads_anything(home: Home, plane: str) -> None:
    command = [sys.executable, "-m", f"homeport.local.{plane}", "--home", str(home.path)]
    with lock.held_alone(home.lock_of(plane)):
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"a {plane} plane (process {os.getpid()}) runs here already" in second.stderr
    assert "hint: stop it: homeport down" in second.stderr and "Traceback" not in second.stderr
    assert not home.state.exists()


def test_why_a_plane_did_not_start_is_said_in_its_own_words(home: Home) -> None:
    home.token.unlink()
    with pytest.raises(HomeportError) as error:
        session.start_planes(home, dies_with_us=True)
    assert error.value.message == f"the control plane stopped at start: {home.token}: there is no token"
    assert error.value.hint == "start the account with: homeport up"


def test_a_second_homeport_is_told_who_is_at_work(home: Home) -> None:
    with session.locked(home):
        assert session.holder(home) == os.getpid()
        with pytest.raises(HomeportError, match=f"process {os.getpid()}"), session.locked(home):
            pass
    assert session.holder(home) is None
