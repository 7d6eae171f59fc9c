"""An interrupt that arrives where Python ignores exceptions is not lost."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from homeport.system import interrupts


class Swallows:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)  # raises in a finaliser, where Python only prints


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_was_swallowed_comes_again() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts.interruptible():
        Swallows()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            pass


FORKS = """
import os, signal, subprocess
os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGINT))  # as `logging` takes its lock there
from homeport.system import interrupts
with interrupts.interruptible():
    try:
        child = subprocess.Popen(["true"], preexec_fn=lambda: None)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        interrupts.heard()
        print("heard")
child.wait()
"""


def test_an_interrupt_in_the_middle_of_a_fork_waits_for_its_end() -> None:
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard\n", "")


STARTS = """
import os, signal, subprocess, threading, time
from homeport.system import interrupts
with interrupts.interruptible():
    child = None
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with interrupts.held():
            child = subprocess.Popen(["true"], preexec_fn=lambda: time.sleep(0.8))
        while True:
            signal.pause()
    except KeyboardInterrupt:
        interrupts.heard()
        print("known" if child else "lost")
"""


def test_a_program_that_is_being_started_is_known_when_the_interrupt_comes() -> None:
    done = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "known\n", "")


def test_other_threads_hold_nothing_up() -> None:
    with interrupts.interruptible():
        entered, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with interrupts.held():
                entered.set()
                leave.wait(10)

        thread = threading.Thread(target=hold)
        thread.start()
        entered.wait(10)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        interrupts.heard()
        leave.set()
        thread.join()


def test_an_impatient_second_interrupt_does_not_disturb_the_answer_to_the_first() -> None:
    with interrupts.interruptible():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        os.kill(os.getpid(), signal.SIGINT)  # would be raised here
        interrupts.heard()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()


def test_an_interrupt_that_was_heard_does_not_come_again() -> None:
    with interrupts.interruptible():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        interrupts.heard()
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
