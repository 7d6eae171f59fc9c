"""Two servers → the report of the pre-flight: findings, the method, and how long it may take. Changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog, read_catalog
from homeport.postgres.copy.reading import read_forms
from homeport.postgres.copy.target import occupants, read_objects
from homeport.postgres.follow.slot import why_no_slot
from homeport.postgres.probe import Measured, measure
from homeport.postgres.rules import RULES, tables
from homeport.postgres.rules.finding import Finding, listed
from homeport.postgres.server import Connection, Server, connect
from homeport.postgres.silence import how_to_be_replica, may_be_replica
from homeport.postgres.state import Move, describe, read_move

CLOCK_SKEW_MAX = 2.0
NAMED_MAX = 10  # objects of a finding in an error; `check` names them all
ORDER = ("refuses", "warns", "informs")


@dataclass(frozen=True)
class Estimate:
    """Seconds, derived from measured rates and sizes; `basis` says how, a line each."""

    copy_seconds: float
    index_seconds: float
    freeze_seconds: float
    basis: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """What the target holds: its move, if it is one from this source, and `both`: names of what both sides hold."""

    move: Move | None = None
    both: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The result of the pre-flight; findings that refuse come first."""

    source: Catalog
    target: Catalog
    findings: tuple[Finding, ...]
    method: str
    method_because: str
    measured: Measured
    estimate: Estimate

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "refuses")


def check(
    source: Server,
    target: Server,
    *,
    into_nonempty: str | None = None,
    jobs: int = 4,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Look at both sides. `into_nonempty` names the target database, if the copy may go beside what it holds.

    HomeportError only if a side cannot be read: what speaks against the move is among the findings.
    """
    with connect(source, application="check", what="the source") as left:
        with connect(target, application="check", what="the target") as right:
            say("reading the source's catalog")
            here = read_catalog(left)
            say("reading the target's catalog")
            there = read_catalog(right)
            held = read_held(left, right, source)
            texts = _read_texts(left)
            quiet = may_be_replica(right)
            say("measuring for about two seconds")
            measured = measure(left, right, here)
    method, because = choose_method(here)
    return Report(
        source=here,
        target=there,
        findings=find(here, there, measured, into_nonempty, held, texts, quiet=quiet),
        method=method,
        method_because=because,
        measured=measured,
        estimate=estimate(here, measured, jobs),
    )


def read_held(source: Connection, target: Connection, server: Server) -> Held:
    """What the target holds, in respect of a move from `server`. Changes nothing."""
    move = read_move(target)
    both = set(occupants(read_objects(source))) & set(occupants(read_objects(target)))
    for connection in (source, target):
        connection.rollback()
    return Held(move if move and move.source == describe(server) else None, tuple(sorted(both)))


def check_refusals(source: Catalog, target: Catalog, into_nonempty: str | None = None) -> None:
    """HomeportError with every finding that refuses: for whoever is about to change something, and measures nothing."""
    found = [_occupied(finding, target, into_nonempty, Held()) for finding in _apply(source, target)]
    refused = [finding for finding in found if finding.severity == "refuses"]
    if refused:
        raise HomeportError("\n".join(map(_in_a_line, refused)), refused[0].then)


def find(
    source: Catalog,
    target: Catalog,
    measured: Measured,
    into_nonempty: str | None = None,
    held: Held = Held(),
    texts: frozenset[str] = frozenset(),
    *,
    quiet: bool = True,
) -> tuple[Finding, ...]:
    """The findings of all rules, in order of severity. `texts`: tables whose rows cannot be sent in binary form.
    `quiet`: whether the target's role may keep triggers from acting.
    """
    found = [_occupied(finding, target, into_nonempty, held) for finding in _apply(source, target)]
    found += _clock_skew(measured)
    found += [] if quiet else [_not_quiet(target)]
    found += tables.long_texts(source, texts)
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.severity)))


def choose_method(source: Catalog) -> tuple[str, str]:
    """How `follow` captures changes unless it is told otherwise, and why."""
    if reason := why_no_slot(source):
        return "triggers", f"an owner's rights are enough for them; for a replication slot, {reason}"
    return (
        "slot",
        "the source allows logical replication, which adds nothing to what its writers do; --capture triggers",
    )


def estimate(source: Catalog, measured: Measured, jobs: int) -> Estimate:
    """How long copy, indexes and freeze may take, from sizes and from what was measured.

    One stream is taken, and one sort: side by side they are faster, by how much only a rehearsal on the real servers
    tells. The freeze is a question to each side for every table (fence, last changes), one for the sequences, and no
    work that grows with the database.
    """
    questions = len(source.data_tables) + 1
    trip = measured.source_round_trip + measured.target_round_trip
    rows, indexes = (f"{size / 1e6:,.0f} MB" for size in (source.data_bytes, source.index_bytes))
    read = f"{measured.read_rate / 1e6:,.0f} MB/s" if measured.read_rate else "nothing (there are no rows)"
    return Estimate(
        copy_seconds=source.data_bytes / measured.rate,
        index_seconds=source.index_bytes / measured.sort_rate,
        freeze_seconds=questions * trip,
        basis=(
            f"rows: {rows}; one stream reads {read}, and sends {measured.send_rate / 1e6:,.0f} MB/s",
            f"indexes: {indexes}; the target sorts {measured.sort_rate / 1e6:,.0f} MB/s",
            f"freeze: {questions} questions to each side, {trip * 1000:.1f} ms both; then what is open must end",
            f"the application changes {measured.writes_per_second:,.1f} rows/s in the source",
            f"with {jobs} jobs copy and indexes are faster; only a rehearsal shows by how much",
        ),
    )


def _read_texts(source: Connection) -> frozenset[str]:
    """Tables whose rows cannot be sent in binary form."""
    texts = frozenset(name for name, form in read_forms(source).items() if not form.binary)
    source.rollback()
    return texts


def _apply(source: Catalog, target: Catalog) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(source, target)]


def _clock_skew(measured: Measured) -> Sequence[Finding]:
    if abs(measured.clock_skew) <= CLOCK_SKEW_MAX:
        return []
    return [
        Finding(
            "clock",
            "warns",
            f"the target's clock is {measured.clock_skew:+.1f} s from the source's",
            "now() jumps at the cutover: rows may seem to be made in another order",
            "nothing is ordered by clocks during the move; set the wrong one right",
        )
    ]


def _not_quiet(target: Catalog) -> Finding:
    database = target.database
    return Finding(
        "target-rights",
        "warns",
        f"{database.role} may not set session_replication_role in the target",
        "changes cannot be followed there: triggers and foreign keys would act on rows that come with all they caused",
        f"a copy alone needs no such right; {how_to_be_replica(database.role, database.version)}",
    )


def _in_a_line(finding: Finding) -> str:
    named = f": {', '.join(finding.objects[:NAMED_MAX])}" if finding.objects else ""
    return f"{finding.rule}: {finding.what}{named}{' …' if len(finding.objects) > NAMED_MAX else ''}"


def _occupied(finding: Finding, target: Catalog, into_nonempty: str | None, held: Held) -> Finding:
    """What is said of a target that is not empty: as `copy` takes it (`copy.target.check_empty`)."""
    if finding.rule != "not-empty":
        return finding
    if held.move:
        what = f"the target ({target.database.name}) holds what move {held.move.id} has brought so far"
        return replace(finding, severity="informs", what=what, why="the move has begun", then="homeport db status")
    if into_nonempty is None:
        return finding
    if into_nonempty != target.database.name:
        return replace(finding, then=f"the target's name is {target.database.name}, not {into_nonempty}")
    if held.both:
        return replace(
            finding,
            what="the target holds what the source holds too",
            why="a copy keeps what is there, and never writes over it",
            then="drop these on the target, or move into a new database",
            objects=listed(held.both),
        )
    return replace(finding, severity="warns", then="it is named: what it holds is kept, and the copy goes beside it")
