"""A move before its point of no return → given up: the source without a trace; where asked, the target as it was.

| step | what is true after it | what is left if it stops there |
|---|---|---|
| look | nothing speaks against it: the phase, sessions in the target, objects that are somebody else's | nothing |
| source open | the fence, if it was up, is down | the move is `opened` |
| `abandoned` | whoever copies or follows into this target begins anew | triggers and logs; they go on working |
| source clean | the source is what it was before the move | the copy, which nothing follows any more |
| copy dropped | the target holds what it held before, and the record of the move | that record |
| target clean | the target is what it was | nothing |

Killed anywhere, it is called again. What was copied is dropped object by object, because a database can only be dropped
from another one, by a role that may make it again: on the target that is nobody whom the URL names.
"""

from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.postgres.copy import target as receiving
from homeport.postgres.cutover import fence
from homeport.postgres.cutover.clean import (
    CleanReport,
    clean_alone,
    clean_side,
    clean_target,
    drop_copied,
    is_target,
    read_copied,
    take_locks,
)
from homeport.postgres.cutover.session import At, CutoverOptions, Place, Run, Tell, open_place
from homeport.postgres.locks import retry
from homeport.postgres.server import Server
from homeport.postgres.state import write_abandoned

PASSED = ("switching", "switched", "returning")


@dataclass(frozen=True)
class AbandonOptions:
    """`of_target`: Homeport's own goes from the target too. `drop_copy`, the target's database, named by the user: what
    was copied goes as well.
    """

    of_target: bool = False
    drop_copy: str | None = None


def abandon(
    source: Server,
    target: Server,
    state_file: Path,
    options: AbandonOptions,
    tell: Tell,
    *,
    dry_run: bool = False,
    at: At = lambda point: None,
) -> CleanReport:
    """Give a move up. `dry_run`: say what would be dropped, or why it may not be, and change nothing.

    `at` is called between steps: `source open`, `abandoned`, `source clean`, `copy dropped`, `target clean`.
    HomeportError once the target takes writes; if it is in use or holds what this move has not brought, though what was
    copied is to be dropped.
    """
    if not is_target(target, tell):
        return clean_alone(source, target, state_file, tell, of_target=options.of_target, dry_run=dry_run)
    with open_place(source, target, state_file) as place:
        run = Run(place, CutoverOptions(None), tell, at)
        phase = place.phase()
        _check_phase(place, phase)
        dropped = _find_copied(place, options) if options.drop_copy else []
        if dry_run:
            return CleanReport(place.move.id, phase, (), tuple(dropped))
        take_locks(place)
        _open_source(run)
        at("source open")
        write_abandoned(place.there)
        at("abandoned")
        with run.step("clean the source"):
            clean_side(source, place.here, "the source", tell)
        at("source clean")
        if options.drop_copy:
            with run.step("drop what was copied"):
                drop_copied(place, tell)
            at("copy dropped")
        if options.of_target:
            clean_target(run)
            at("target clean")
        return CleanReport(place.move.id, phase, tuple(run.steps), tuple(dropped))


def _check_phase(place: Place, phase: str) -> None:
    if phase in PASSED:
        raise HomeportError(
            f"{place.source} to {place.target}: has passed the point of no return ({phase}): the target may hold rows"
            " that the source lacks",
            "go back first, which loses nothing: homeport db rollback; to stay there: homeport db cutover, then clean",
        )


def _find_copied(place: Place, options: AbandonOptions) -> list[str]:
    if options.drop_copy != place.target.database:
        raise HomeportError(
            f"--drop-copy: names {options.drop_copy}, and the target's database is {place.target.database}",
            f"if that is what you mean: --drop-copy {place.target.database}",
        )
    receiving.check_unused(place.there, place.target)
    return read_copied(place)


def _open_source(run: Run) -> None:
    place = run.place
    if any(enabled != "D" for _, enabled in place.here.execute(fence.TRIGGERS.encode()).fetchall()):
        with run.step("open the source"):
            retry(place.here, lambda: fence.lower_fence(place.here), str(place.source))
        run.record("opened")
        run.tell(f"{place.source} takes writes again")
