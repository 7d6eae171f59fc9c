"""Eight writers: each does deeds in the database that serves, journals them, and waits when it may not write.

Which side serves is a word in a file, which the switch changes: a writer looks there whenever something fails, as an
application that is started again reads its environment anew.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from homeport.postgres.server import Server, conninfo
from tests.torture.journal import Entry, Journal
from tests.torture.ledger import BIG_BYTES, Desk, attach, is_deed_there, write_deeds

WRITERS = 8
RETRY_SECONDS = 0.03
LONG_SECONDS = 2.5
SESSION = "-c DateStyle=ISO -c TimeZone=UTC -c bytea_output=hex -c extra_float_digits=1 -c IntervalStyle=postgres"
# What may go wrong for a writer while servers break and the database moves, by SQLSTATE. All else is a finding.
RETRIED = (
    "08",  # connection lost
    "25006",  # read-only
    "40",  # deadlock, serialization
    "53",  # no disk, no connection
    "55",  # not in a state to do that
    "57",  # ended by somebody, shutting down
    "58",  # a file cannot be written
    "P0001",  # raised: the fence
)


@dataclass(frozen=True)
class Wait:
    """A time in which a writer had no success, its own pauses not counted. Clock: time.monotonic."""

    writer: int
    began: float
    ended: float
    before: str  # where it wrote
    after: str

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class Sides:
    """How each writer gets to each side: half of them as the owner, half as the application's role."""

    file: Path  # names who serves: `source`, `target`; after a return `home` (the source), and then `away` (the target)
    owners: Mapping[str, Server]
    applications: Mapping[str, Server]

    def serving(self) -> str:
        return self.file.read_text().strip()

    def server(self, side: str, writer: int) -> Server:
        return (self.applications if writer % 2 else self.owners)[side]


class Writer(threading.Thread):
    """One of them. It rests between transactions, `rest_seconds` on average, and writes to no side that is `barred`."""

    def __init__(self, number: int, sides: Sides, journal: Journal, seed: str, rest_seconds: float) -> None:
        super().__init__(name=f"writer {number}", daemon=True)
        self.number, self.sides, self.journal = number, sides, journal
        self.committed = 0
        self.big = 0  # rows of 50 MB that were committed
        self.waits: list[Wait] = []
        self.failure: BaseException | None = None
        self.big_due = threading.Event()  # a row of 50 MB, at the next chance
        self._chance = random.Random(f"{seed} writer {number}")
        self._rest_seconds = rest_seconds
        self.barred: frozenset[str] = frozenset()
        self._stopping, self._held, self._busy = threading.Event(), threading.Event(), threading.Lock()
        self._next = number * 10**9
        self._unknown: int | None = None
        self._side = ""
        self._connection: psycopg.Connection[Any] | None = None
        self._doubts = True  # whether the side where it writes is still the one that serves

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                with self._busy:
                    if not self._held.is_set():
                        self._succeed()
                time.sleep(self._chance.random() * 2 * self._rest_seconds + 0.001)
        except BaseException as failure:
            self.failure = failure
        finally:
            self._leave()
            self.journal.close()

    def hold(self) -> None:
        """Rest after the transaction that is under way, or after an attempt that failed."""
        self._held.set()

    def release(self) -> None:
        self._held.clear()

    def is_idle(self, seconds: float) -> bool:
        """Whether it has come to rest, within this time."""
        if self._busy.acquire(timeout=seconds):
            self._busy.release()
            return True
        return False

    def stop(self) -> None:
        self._stopping.set()

    def _succeed(self) -> None:
        """One transaction, tried until it is committed or this writer is stopped."""
        began, failed = time.monotonic(), False
        before = self._side
        while not (self._stopping.is_set() or (failed and self._held.is_set())):
            try:
                self._connect()
                rested = self._transact()
            except psycopg.Error as error:
                failed = True
                if not is_expected(error):
                    raise
                self._give_up()
                time.sleep(RETRY_SECONDS)
            else:
                ended = time.monotonic() - rested
                self.waits.append(Wait(self.number, began, ended, before or self._side, self._side))
                return

    def _connect(self) -> None:
        if self._doubts:
            serving = self.sides.serving()
            if serving not in self.sides.owners or serving in self.barred:
                raise psycopg.OperationalError("nobody serves")
            if serving != self._side:
                self._leave()
            self._side, self._doubts = serving, False
        if self._connection is None:
            server = self.sides.server(self._side, self.number)
            self._connection = psycopg.connect(
                **conninfo(server), application_name=f"ledger {self.number}", options=SESSION
            )
        if self._unknown is not None:
            there = is_deed_there(self._connection, self._unknown)
            self.journal.conclude(self._unknown, "committed" if there else "undone")
            self.committed += there
            self._unknown = None

    def _transact(self) -> float:
        """Seconds that it rested in the middle."""
        assert self._connection
        self._next += 1
        desk = Desk(self._connection, self.number, self._chance)
        rested = self._draw_rest()
        write_deeds(desk, self._next)
        if big := self.big_due.is_set():
            attach(desk, BIG_BYTES)
        time.sleep(rested)
        self.journal.intend(Entry(self._next, self._side, tuple(desk.effects)))
        try:
            self._connection.commit()
        except psycopg.Error:
            if self._connection.broken or self._connection.closed:
                self._unknown = self._next
            else:
                self.journal.conclude(self._next, "undone")
            raise
        self.journal.conclude(self._next, "committed")
        self.committed += 1
        if big:
            self.big += 1
            self.big_due.clear()
        return rested

    def _draw_rest(self) -> float:
        """Now and then one writer's transaction stays open for seconds; if all did that, no lock would ever be free."""
        is_long = self.number == 0 and self._chance.random() < 0.01
        return LONG_SECONDS * (0.5 + self._chance.random()) if is_long else 0.0

    def _give_up(self) -> None:
        """After an error: look who serves, and go on with this connection if it lives."""
        self._doubts = True
        if self._connection is not None and not self._connection.broken and not self._connection.closed:
            try:
                self._connection.rollback()
                return
            except psycopg.Error:
                pass
        self._leave()

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Crowd:
    """All writers together."""

    def __init__(self, sides: Sides, folder: Path, seed: str, rest_seconds: float) -> None:
        self.sides, self.files = sides, [folder / f"writer-{number}.journal" for number in range(WRITERS)]
        made = [Journal(file) for file in self.files]
        self.writers = [Writer(n, sides, journal, seed, rest_seconds) for n, journal in enumerate(made)]

    def __enter__(self) -> "Crowd":
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def committed(self) -> int:
        return sum(writer.committed for writer in self.writers)

    @property
    def waits(self) -> list[Wait]:
        return [wait for writer in self.writers for wait in list(writer.waits)]

    def check(self) -> None:
        """What stopped a writer, raised here."""
        for writer in self.writers:
            if writer.failure is not None:
                raise AssertionError(f"{writer.name} on the {writer._side}: {writer.failure!r}") from writer.failure

    def hold(self, seconds: float = 30.0) -> None:
        """Nobody writes when this returns."""
        for writer in self.writers:
            writer.hold()
        for writer in self.writers:
            assert writer.is_idle(seconds), f"{writer.name} does not come to rest"
        self.check()

    def release(self) -> None:
        for writer in self.writers:
            writer.release()

    def bar(self, *sides: str) -> None:
        """Nobody writes to these sides from now on, whoever serves; without sides: everybody may again."""
        for writer in self.writers:
            writer.barred = frozenset(sides)

    def stop(self) -> None:
        for writer in self.writers:
            writer.stop()
        for writer in self.writers:
            writer.join(60)

    def wait_for(self, commits: int, seconds: float = 60.0) -> None:
        """Until so many more transactions are committed."""
        until, enough = time.monotonic() + seconds, self.committed + commits
        while self.committed < enough:
            self.check()
            assert time.monotonic() < until, f"writers committed {self.committed}, and should {enough}"
            time.sleep(0.02)


def is_expected(error: psycopg.Error) -> bool:
    """Whether a writer may see this while servers break and the database moves."""
    if error.sqlstate is None:  # no server said it: the connection broke, or could not be made
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(RETRIED)


def longest(waits: Sequence[Wait], which: Callable[[Wait], bool] = lambda wait: True) -> float:
    return max((wait.seconds for wait in waits if which(wait)), default=0.0)
