"""A source and a target → the target follows the source, until it is told to stop: capture, copy, deltas."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.catalog import read_catalog
from homeport.postgres.check import check_refusals
from homeport.postgres.copy import target as receiver
from homeport.postgres.copy.plan import REST
from homeport.postgres.copy.progress import Progress
from homeport.postgres.copy.run import Options, copy
from homeport.postgres.follow.capture import Method, install, recapture_statements
from homeport.postgres.follow.captured import read_capture
from homeport.postgres.follow.definitions import accept_changed
from homeport.postgres.follow.delta import Delta, Deltas, Interrupted
from homeport.postgres.follow.sessions import check_quiet
from homeport.postgres.locks import patiently
from homeport.postgres.server import Lost, Server, connect, explain, redact
from homeport.postgres.silence import silence
from homeport.postgres.state import (
    ON_TARGET,
    State,
    adopt_move,
    describe,
    open_state,
    read_applied,
    read_done,
    read_phase,
    write_phase,
)
from homeport.postgres.traces import remove

At = Callable[[str], None]
POLL_SECONDS = 0.2  # between deltas that found little
RETRY_SECONDS, RETRY_SECONDS_MAX = 0.5, 15.0
COPY_ATTEMPTS = 6
BEFORE_CUTOVER = ("copying", "following", "proving", "proven", "opened", "returned", "abandoned")


@dataclass(frozen=True)
class Lag:
    """How far the target is behind: entries and bytes that wait in the logs, and how old what it equals is.

    Bytes are estimated from those of the deltas so far. Seconds are of this process's own steady clock.
    """

    rows: int
    bytes: int
    seconds: float


@dataclass(frozen=True)
class FollowOptions:
    copy: Options = field(default_factory=Options)
    again: bool = False  # copy anew, whatever was copied
    reload: tuple[str, ...] = ()  # tables to be loaded whole, `schema.table`
    accept_differences: bool = False  # of objects that were changed since capture began
    capture: Method = "auto"


@dataclass(frozen=True)
class Listener:
    """Who is told: words now and then, a copy's progress, the lag after each delta."""

    say: Callable[[str], None] = lambda words: None
    progress: Callable[[Progress], None] = lambda progress: None
    lag: Callable[[Lag], None] = lambda lag: None


def follow(
    source: Server,
    target: Server,
    state_file: Path,
    options: FollowOptions,
    listener: Listener,
    *,
    stop: Callable[[Lag], bool] = lambda lag: False,
    at: At = lambda point: None,
) -> Lag:
    """Capture, copy if that is not done, then carry changes over until `stop` says so; killed, it is called again.

    Connections that break, servers that restart and full disks are waited for and told. HomeportError if something
    speaks against the move, before anything is changed, or if the schema was changed behind our back.
    """
    move = prepare(source, target, state_file, options, listener, at)
    copy_patiently(source, target, state_file, options, listener, at)
    with (
        _in_words(source, target),
        open_state(state_file, source, target) as state,
        Deltas(source, target, move, at=at) as deltas,
    ):
        if options.reload:
            _reload(source, options.reload, listener.say)
            deltas.close()  # the next one reads anew how they are captured
        if options.accept_differences:
            with connect(source, application="follow accept", autocommit=True, what="the source") as connection:
                accept_changed(connection, listener.say)
        with connect(target, application="follow phase", autocommit=True, what="the target") as connection:
            phase = read_phase(connection)
            if phase is None or phase.name != "following":
                at("before following")
                write_phase(connection, "following")
                at("following")
            for name in silence(connection, as_replica=True):
                listener.say(f"{name} is quiet on the target until the cutover")
        state.record("following")
        return keep_up(deltas, listener, stop)


def prepare(
    source: Server, target: Server, state_file: Path, options: FollowOptions, listener: Listener, at: At
) -> str:
    """Everything before the copy: refusals, then the capture. The move's id."""
    with open_state(state_file, source, target) as state:
        try:
            _check_both(source, target, state, options)
            return _begin(source, target, state, options, listener, at)
        except psycopg.Error as error:
            raise explain(target, error, "the target") from None


@contextmanager
def _in_words(source: Server, target: Server) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        said = " ".join(redact(source, redact(target, str(error))).split())
        raise Lost(f"{source} to {target}: {said}", "start again; nothing was lost") from None


def copy_patiently(
    source: Server, target: Server, state_file: Path, options: FollowOptions, listener: Listener, at: At
) -> None:
    """The copy, begun anew when a server fails under it, a few times."""
    for attempt in range(1, COPY_ATTEMPTS + 1):
        try:
            copy(source, target, state_file, replace(options.copy, held=False), listener.progress, at)
            return
        except Lost as error:
            if attempt == COPY_ATTEMPTS:
                raise
            listener.say(f"{error.message}; the copy is tried again ({attempt} of {COPY_ATTEMPTS - 1})")
        time.sleep(RETRY_SECONDS_MAX * attempt / COPY_ATTEMPTS)


def keep_up(deltas: Deltas, listener: Listener, stop: Callable[[Lag], bool]) -> Lag:
    """One delta after the other, through failures, until `stop` says so."""
    bytes_per_row = 0.0
    while True:
        delta, rows = patient_delta(deltas, listener)
        if delta.rows:
            bytes_per_row = delta.bytes / delta.rows
        lag = Lag(rows, int(rows * bytes_per_row), time.monotonic() - delta.taken)
        listener.lag(lag)
        if stop(lag):
            return lag
        if delta.seconds < POLL_SECONDS:
            time.sleep(POLL_SECONDS - delta.seconds)


def patient_delta(deltas: Deltas, listener: Listener, snapshot: str | None = None) -> tuple[Delta, int]:
    """One delta, tried until it succeeds, and the log entries that wait after it.

    With `snapshot` it is tried once: a snapshot does not survive what would be waited for.
    """
    pause, told = RETRY_SECONDS, ""
    while True:
        try:
            delta = deltas.run(snapshot)
            if told:
                listener.say("it goes on")
            return delta, deltas.count()
        except (Interrupted, psycopg.OperationalError) as error:
            deltas.close()
            if snapshot:
                raise
            words = str(error)
            if words != told:
                listener.say(f"{words}; trying again")
            told = words
        time.sleep(pause)
        pause = min(pause * 2, RETRY_SECONDS_MAX)


@contextmanager
def open_deltas(source: Server, target: Server, state_file: Path, at: At = lambda point: None) -> Iterator[Deltas]:
    """Deltas of a move that has been copied, with its state file held."""
    with open_state(state_file, source, target) as state:
        with connect(target, application="follow look", autocommit=True, what="the target") as connection:
            move = adopt_move(state, connection, source, target)
            if move is None or REST not in read_done(connection):
                raise HomeportError(f"{target}: holds no complete copy of {source}", "begin with: homeport db follow")
        with Deltas(source, target, state.id, at=at) as deltas:
            yield deltas


def _check_both(source: Server, target: Server, state: State, options: FollowOptions) -> None:
    """Everything that can be known before anything is changed."""
    with (
        connect(source, application="follow look", autocommit=True, what="the source") as left,
        connect(target, application="follow look", autocommit=True, what="the target") as right,
    ):
        move = adopt_move(state, right, source, target)
        receiver.check_different(left, right, target)
        check_quiet(right, target)
        capture = read_capture(left)
        if capture and move is None and capture.other == describe(target) and not state.has_begun:
            state.adopt(capture.move)  # begun on another machine, which copied nothing yet
        if capture and capture.move != state.id:
            raise HomeportError(
                f"{source}: its changes are captured by another move, {capture.move}, into {capture.other}",
                f"go on with that one, or end it: homeport db clean, with {capture.other} as its target",
            )
        phase = read_phase(right)
        if phase and phase.name not in BEFORE_CUTOVER:
            raise HomeportError(
                f"{target}: the cutover has begun ({phase.name})",
                "go on: homeport db cutover; or: homeport db rollback",
            )
        copied = bool(move) and REST in read_done(right)
        if (
            copied
            and not options.again
            and not _is_newer(left, capture.ready if capture else None, read_applied(right))
        ):
            raise HomeportError(
                f"{target}: was copied before changes of {source} were captured, so some are in no log",
                "copy again: homeport db follow --again",
            )
        if move is None:
            check_refusals(read_catalog(left), read_catalog(right), options.copy.into_nonempty)
            here, there = receiver.read_objects(left), receiver.read_objects(right)
            receiver.check_empty(target, there, frozenset(receiver.occupants(here)), options.copy.into_nonempty)


def _begin(source: Server, target: Server, state: State, options: FollowOptions, listener: Listener, at: At) -> str:
    with connect(target, application="follow phase", autocommit=True, what="the target") as connection:
        receiver.lock(connection, target, "follow")
        state.record("capture began")
        connection.execute(ON_TARGET.encode())
        if options.again:
            connection.execute("DELETE FROM homeport.done")
        phase = read_phase(connection)
        if REST not in read_done(connection):
            at("before copying")
            write_phase(connection, "copying")
            at("copying")
    if options.again or (phase and phase.name == "abandoned"):
        remove(source, say=listener.say)  # what the tables were then is forgotten with it
    install(source, state.id, describe(target), always=True, method=options.capture, say=listener.say, at=at)
    state.record("captured")
    return state.id


def _is_newer(source: psycopg.Connection[tuple[object, ...]], ready: str | None, applied: str | None) -> bool:
    if ready is None or applied is None:
        return False
    query = "SELECT pg_visible_in_snapshot(%s::xid8, %s::pg_snapshot)"
    return bool(source.execute(query, [ready, applied]).fetchall()[0][0])


def _reload(source: Server, tables: tuple[str, ...], say: Callable[[str], None]) -> None:
    """Have tables loaded whole with the next delta, and captured again if their triggers were disabled."""
    with connect(source, application="follow reload", autocommit=True, lock_timeout_ms=1000) as connection:
        capture = read_capture(connection)
        known = {table.name.replace('"', ""): table for table in capture.tables} if capture else {}
        for given in tables:
            name = (given if "." in given else f"public.{given}").replace('"', "")
            if capture is None or name not in known:
                raise HomeportError(f"{source}: follows no table {name}", "tables are named with their schema")
            table = known[name]
            statements = [
                *recapture_statements(connection, table, capture),
                f"INSERT INTO homeport.reload VALUES ({table.number})",
            ]
            patiently(connection, [table.name], statements, str(source), say)
