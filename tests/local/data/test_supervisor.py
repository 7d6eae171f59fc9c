"""Stopping with patience, decided by fake children and a fake clock; then a few real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.local import ledger
from homeport.local.data.supervisor import Command, Output, Supervisor, supervise
from homeport.local.home import Home


class FakeChild:
    """Remembers its signals; ends at the ones in `obeys`."""

    def __init__(self, obeys: set[int]) -> None:
        self.pid = os.getpid()
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.signals: list[int] = []
        self._obeys = obeys

    def send(self, number: int) -> None:
        self.signals.append(number)
        if number in self._obeys and not self.exited.done():
            self.exited.set_result(-number)


def fake_start(child: FakeChild) -> Callable[[Command, Output, Output], FakeChild]:
    return lambda command, stdout, stderr: child


COMMAND = Command(["program"], "a test", {})


async def never(_: float) -> None:
    await asyncio.Event().wait()


async def at_once(_: float) -> None:
    return


async def test_a_child_that_obeys_gets_its_time(home: Home) -> None:
    child = FakeChild({signal.SIGTERM, signal.SIGKILL})
    supervisor = Supervisor(home, fake_start(child), sleep=never)
    started = supervisor.start(COMMAND, lambda piece: None)
    assert await supervisor.stop(started, 30)
    assert await child.exited == -signal.SIGTERM


async def test_a_child_that_ignores_sigterm_is_killed_after_its_time(home: Home) -> None:
    child = FakeChild({signal.SIGKILL})
    supervisor = Supervisor(home, fake_start(child), sleep=at_once)
    assert not await supervisor.stop(supervisor.start(COMMAND, lambda piece: None), 30)
    assert child.signals == [signal.SIGTERM, signal.SIGKILL]


async def test_the_ledger_knows_a_child_as_long_as_it_lives(home: Home) -> None:
    child = FakeChild({signal.SIGTERM})
    supervisor = Supervisor(home, fake_start(child), sleep=never)
    supervisor.start(COMMAND, lambda piece: None)
    assert [file.name for file in home.ledger.iterdir()] == [f"{child.pid}.json"]
    await supervisor.stop(child, 30)
    assert list(home.ledger.iterdir()) == []
    assert supervisor.children == {}


# Real processes from here on.


def shell(script: str, cwd: Path | None = None) -> Command:
    return Command(["/bin/sh", "-c", script], "a shell", {"PATH": os.environ["PATH"]}, cwd=cwd)


class Written:
    """Collects output."""

    def __init__(self) -> None:
        self.text, self.ended = b"", False
        self.grown = asyncio.Event()

    def __call__(self, piece: bytes) -> None:
        self.text += piece
        self.ended = self.ended or not piece
        self.grown.set()

    async def until(self, wanted: bytes) -> None:
        async with asyncio.timeout(10):
            while wanted not in self.text:
                self.grown.clear()
                await self.grown.wait()


async def ended(pid: int) -> None:
    """Wait for the end of a process that is not our child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    end = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, end.set)
    await asyncio.wait_for(end.wait(), 10)
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)


async def test_exit_code_and_both_outputs_arrive(home: Home) -> None:
    out, error = Written(), Written()
    child = supervise(home).start(shell("echo to stdout; echo to stderr >&2; exit 7"), out, error)
    assert await child.exited == 7
    assert (out.text, error.text) == (b"to stdout\n", b"to stderr\n")
    assert out.ended and error.ended


async def test_a_flood_of_output_neither_blocks_the_child_nor_gets_lost(home: Home) -> None:
    out = Written()
    child = supervise(home).start(shell("head -c 20000000 /dev/zero"), out)
    assert await child.exited == 0
    assert len(out.text) == 20_000_000


async def test_a_program_that_does_not_exist_is_an_error_at_start(home: Home) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(FileNotFoundError):
        supervise(home).start(Command(["/no/such/program"], "nothing", {}), lambda piece: None)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


async def test_output_that_cannot_be_kept_neither_stops_the_child_nor_hides_its_end(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    def full(piece: bytes) -> None:
        raise OSError("No space left on device")

    assert await supervise(home).start(shell("echo one; echo two; exit 7"), full).exited == 7
    assert "output of a child is lost" in caplog.text


async def test_what_cannot_be_written_down_does_not_run(home: Home) -> None:
    home.ledger.write_text("a file where the folder should be")
    supervisor = supervise(home)
    with pytest.raises(OSError):
        supervisor.start(shell("sleep 1000"), lambda piece: None)
    (child,) = supervisor.children.values()
    home.ledger.unlink()
    assert await child.exited == -signal.SIGKILL


async def test_the_whole_group_ends_with_its_leader(home: Home) -> None:
    out = Written()
    child = supervise(home).start(shell("sleep 1000 & echo $!; exit 0"), out)
    assert await child.exited == 0
    await ended(int(out.text))


async def test_a_real_child_that_ignores_sigterm_is_killed(home: Home) -> None:
    out = Written()
    supervisor = supervise(home)
    child = supervisor.start(shell("trap '' TERM; echo ready; while :; do sleep 1000; done"), out)
    await out.until(b"ready")
    assert not await supervisor.stop(child, 0.2)
    assert await child.exited == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
async def test_a_child_that_wakes_up_takes_the_processor_from_nobody(home: Home) -> None:
    out = Written()
    program = "import os; print(os.sched_getscheduler(0) == os.SCHED_BATCH)"
    child = supervise(home).start(Command([sys.executable, "-c", program], "a child", dict(os.environ)), out)
    assert await child.exited == 0
    assert out.text == b"True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
async def test_children_die_with_a_data_plane_that_is_killed(home: Home) -> None:
    program = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from homeport.local.data.supervisor import Command, supervise\n"
        "from homeport.local.home import Home\n"
        "COMMAND = Command(['sleep', '1000'], 'a sleeper', dict(os.environ))\n"
        "async def main():\n"
        "    child = supervise(Home(Path(sys.argv[1]))).start(COMMAND, print)\n"
        "    print(child.pid, flush=True)\n"
        "    await child.exited\n"
        "asyncio.run(main())\n"
    )
    plane = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(home.path), stdout=asyncio.subprocess.PIPE
    )
    assert plane.stdout
    pid = int(await plane.stdout.readline())
    plane.kill()
    await ended(pid)
    await plane.wait()
    ledger.sweep(home)
