"""Two servers and a state file → the move that they are the sides of, held by this process alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.copy import target as receiving
from homeport.postgres.copy.plan import REST
from homeport.postgres.follow.captured import Capture, operator_path, read_capture
from homeport.postgres.server import Connection, Server, connect, redact
from homeport.postgres.state import (
    Move,
    State,
    adopt_move,
    open_state,
    read_applied,
    read_done,
    read_phase,
    write_phase,
)

At = Callable[[str], None]
Tell = Callable[[str], None]
Confirm = Callable[[str], bool]
OPENS, RETURNED = (
    "the target opens",
    "returned",
)  # in the state file's history: whether the target may have taken writes
VISIBLE = "SELECT pg_visible_in_snapshot(%s::text::xid8, %s::text::pg_snapshot)"


@dataclass(frozen=True)
class CutoverOptions:
    """`switch` is run through the shell; `lock_seconds`: how long one attempt to fence may keep writers waiting;
    `terminate`: end sessions that are in the fence's way; `accept_differences`: of objects, not of rows.
    """

    switch: str | None
    lock_seconds: float = 1.0
    terminate: bool = False
    jobs: int = 4
    accept_differences: bool = False


@dataclass(frozen=True)
class CutoverReport:
    """`freeze_seconds`: from the fence's lock to the end of the switch; of a dry run, what it would be without the
    switch. `steps`: name, seconds. `told`: what is to be known afterwards.
    """

    move: str
    phase: str
    freeze_seconds: float
    steps: tuple[tuple[str, float], ...]
    told: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Both sides of a move, each with a session that nobody else uses; the target's holds the lock."""

    source: Server
    target: Server
    state: State
    move: Move
    here: Connection  # to the source, autocommit
    there: Connection  # to the target, autocommit

    @property
    def application(self) -> str:
        return f"cutover {self.move.id}"

    def phase(self) -> str:
        """Where the move stands."""
        found = read_phase(self.there)
        return found.name if found else ""


@dataclass
class Run:
    """What the steps of one call share."""

    place: Place
    options: CutoverOptions
    tell: Tell
    at: At
    told: list[str] = field(default_factory=list)
    steps: list[tuple[str, float]] = field(default_factory=list)
    began: float | None = None  # when the freeze began (time.monotonic), if it was in this call
    frozen_seconds: float = 0.0
    may_be_fenced: bool = False  # whether a failure has a fence to lower

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Tell and time a step, and keep it in the move's history."""
        self.tell(name)
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self.steps.append((name, seconds))
        self.place.state.record(name, seconds=round(seconds, 3))

    def record(self, phase: str, **detail: str) -> None:
        """The move has come to this phase; in the caller's transaction, if there is one. `at` is called just before."""
        self.at(" ".join(["before", phase, *detail.values()]))
        write_phase(self.place.there, phase, **detail)

    def note(self, text: str) -> None:
        """Tell, and keep for the report."""
        self.tell(text)
        self.told.append(text)

    def report(self) -> CutoverReport:
        told = tuple(self.told)
        return CutoverReport(self.place.move.id, self.place.phase(), self.frozen_seconds, tuple(self.steps), told)


@contextmanager
def open_place(source: Server, target: Server, state_file: Path) -> Iterator[Place]:
    """Take the state file and the target for this process, and end what a killed one left running on both sides.

    HomeportError if another process has either, if the target is not one of a move from this source, or, in words, for
    whatever a server refuses until the block ends.
    """
    with open_state(state_file, source, target) as state:
        try:
            with connect(target, application="cutover lock", autocommit=True, what="the target") as held:
                receiving.lock(held, target, "cutover")
                move = adopt_move(state, held, source, target)
                if move is None:
                    raise HomeportError(f"{target}: is not the target of a move yet", "begin with: homeport db follow")
                application = f"cutover {move.id}"
                with (
                    connect(target, application=application, autocommit=True, what="the target") as there,
                    connect(source, application=application, autocommit=True, what="the source") as here,
                ):
                    for side in (here, there):
                        receiving.end_leftovers(side, f"homeport {application}")
                        side.execute(f"SET search_path = {operator_path(side)}".encode())  # as shapes were captured
                    receiving.check_different(here, there, target)
                    yield Place(source, target, state, move, here, there)
        except psycopg.Error as error:
            said = " ".join(redact(source, redact(target, str(error))).split())
            raise HomeportError(f"{source} to {target}: {said}", "mend this, then start again") from None


def check_followed(place: Place) -> Capture:
    """The source's capture. HomeportError unless the copy is complete, and every change since it is captured."""
    capture = read_capture(place.here)
    begin = "homeport db follow brings the target up to date"
    if capture is None or capture.move != place.move.id or capture.ready is None:
        raise HomeportError(f"{place.source}: its changes are not captured for move {place.move.id}", begin)
    applied = read_applied(place.there)
    if REST not in read_done(place.there) or applied is None:
        raise HomeportError(f"{place.target}: the copy is not complete", begin)
    if place.here.execute(VISIBLE, [capture.ready, applied]).fetchall() != [(True,)]:
        raise HomeportError(f"{place.target}: was copied before the source's changes were captured", begin)
    return capture
