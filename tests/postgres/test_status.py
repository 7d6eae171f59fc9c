"""Where a move stands, whatever can be reached of it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.postgres.cutover.back import rollback
from homeport.postgres.cutover.clean import clean
from homeport.postgres.cutover.follow_back import follow_back
from homeport.postgres.cutover.run import CutoverOptions, cutover
from homeport.postgres.follow.run import FollowOptions, Listener, follow
from homeport.postgres.server import Server
from homeport.postgres.state import PHASES, Move, Phase
from homeport.postgres.status import COPIED, NEXT, Record, Side, conclude, read_status
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

Find = Callable[..., Cluster]
OPTIONS = CutoverOptions("true", jobs=2)
MOVE = Move("abc", "source:5432/shop", ())
HERE, THERE = Side("source:5432/shop", is_captured=True, left=("schema homeport",)), Side("target:5432/shop")


def record(name: str, **detail: object) -> Record:
    return Record(MOVE, True, Phase(name, 0.0, detail))


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase != "abandoned"])
def test_every_phase_has_a_next_command(phase: str) -> None:
    found = conclude(record(phase), HERE, THERE, ())
    assert (found.move, found.phase, found.next) == ("abc", phase, NEXT[phase])


def test_without_a_move_one_begins_with_a_look() -> None:
    assert conclude(Record(), Side("a"), Side("b"), ()).next.command == "db check"


def test_a_copy_that_nobody_captured_is_to_be_made_again() -> None:
    assert conclude(Record(MOVE, is_copied=True), HERE, THERE, ()).phase == COPIED
    assert conclude(Record(MOVE, is_copied=True), HERE, THERE, ()).next.command == "db follow --again"
    assert conclude(Record(MOVE, is_copied=False), HERE, THERE, ()).next.command == "db copy"
    assert conclude(record("copying"), HERE, THERE, ()).next.command == "db follow"


def test_a_move_that_was_given_up_is_cleaned_or_begins_anew() -> None:
    given_up = replace(record("abandoned"), is_copied=False)
    assert conclude(given_up, HERE, THERE, ()).next.command == "db clean --abandon"
    assert conclude(given_up, replace(HERE, left=()), THERE, ()).next == NEXT["abandoned"]
    assert conclude(record("abandoned"), replace(HERE, left=()), THERE, ()).phase == COPIED  # again, by `copy`


def test_a_side_that_cannot_be_reached_comes_first() -> None:
    found = conclude(record("fenced"), replace(HERE, problem="the source: nothing answers there"), THERE, ())
    assert found.next.command == "db status" and "nothing answers there" in found.next.because


def test_a_fence_where_none_should_be_is_noted() -> None:
    found = conclude(record("opened"), replace(HERE, fenced=2, fences=3), THERE, ())
    assert found.notes == (
        "the source refuses writes to 2 tables, though the move is opened",
        "the fence is in force on 2 of 3 tables only",
    )
    assert conclude(record("fenced"), replace(HERE, fenced=3, fences=3), THERE, ()).notes == ()
    opened = conclude(record("switched"), replace(HERE, fenced=0, fences=3), THERE, ())
    assert "the source takes writes" in opened.notes[0]


def test_changes_that_nobody_brings_over_are_noted() -> None:
    assert "nobody follows now" in conclude(record("following"), HERE, THERE, ()).notes[0]
    working = replace(THERE, working=("follow",))
    assert conclude(record("following"), HERE, working, ()).notes == ()


def test_a_source_that_is_clean_leaves_the_target_to_be_cleaned() -> None:
    assert conclude(record("switched"), replace(HERE, left=()), THERE, ()).next.command == "db clean --target"


def run_follow(source: Server, target: Server, state: Path) -> None:
    follow(source, target, state, FollowOptions(), Listener(), stop=lambda lag: lag.rows == 0)


def pair(cluster: Find) -> tuple[Server, Server]:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(
        source,
        "CREATE TABLE a (id int PRIMARY KEY, v text)",
        "CREATE TABLE loose (v text)",
        "INSERT INTO a SELECT i, 'v' FROM generate_series(1, 100) i",
    )
    return source, target


@pytest.mark.integration
def test_a_move_is_told_from_its_beginning_to_its_end(cluster: Find, tmp_path: Path) -> None:
    (source, target), state = pair(cluster), tmp_path / "state"
    nothing = read_status(source, target, state)
    assert (nothing.move, nothing.phase, nothing.source.left, nothing.events) == (None, None, (), ())
    assert not state.exists()

    run_follow(source, target, state)
    run_sql(source, "UPDATE a SET v = 'w' WHERE id <= 10", "INSERT INTO loose VALUES ('x'), ('y')", "TRUNCATE loose")
    following = read_status(source, target, state)
    assert (following.phase, following.source.rows, following.source.whole) == ("following", 12, 1)
    assert following.source.bytes > 12 * 20
    assert following.source.is_captured and not following.target.is_captured
    assert [event.step for event in following.events][-1] == "following"
    assert "triggers on 2 tables" in " ".join(following.source.left)

    cutover(source, target, state, OPTIONS, lambda line: None, lambda question: True)
    run_sql(target, "INSERT INTO a VALUES (1000, 'new')", "INSERT INTO loose VALUES ('back')")
    switched = read_status(source, target, state)
    assert (switched.phase, switched.source.fenced, switched.source.fences) == ("switched", 2, 2)
    assert (switched.target.rows, switched.target.fenced, switched.notes) == (2, 0, ())
    follow_back(source, target, state, Listener(), stop=lambda lag: lag.rows == 0)
    assert read_status(source, target, state).target.rows == 0
    assert run_sql(source, "SELECT v FROM a WHERE id = 1000") == [("new",)]

    rollback(source, target, state, OPTIONS, lambda line: None, lambda question: True)
    assert read_status(source, target, state).phase == "returned"
    clean(source, target, state, lambda line: None, of_target=True)
    gone = read_status(source, target, state)
    assert (gone.move, gone.source.left, gone.target.left) == (None, (), ())


@pytest.mark.integration
def test_it_may_be_asked_while_another_process_works(cluster: Find, tmp_path: Path) -> None:
    (source, target), state = pair(cluster), tmp_path / "state"
    run_follow(source, target, state)
    enough, looked = threading.Event(), threading.Event()

    def stop(lag: object) -> bool:
        looked.set()
        return enough.is_set()

    other = threading.Thread(
        target=follow, args=(source, target, state, FollowOptions(), Listener()), kwargs={"stop": stop}
    )
    other.start()
    try:
        assert looked.wait(30)
        found = read_status(source, target, state)
        assert found.phase == "following" and "follow" in found.target.working and not found.notes
    finally:
        enough.set()
        other.join()


@pytest.mark.integration
def test_what_can_be_reached_is_told_without_the_rest(cluster: Find, tmp_path: Path) -> None:
    (source, target), state = pair(cluster), tmp_path / "state"
    run_follow(source, target, state)
    found = read_status(replace(source, port=1), target, state)
    assert found.phase == "following"
    assert found.source.problem and "nothing answers there" in found.source.problem
    assert found.events == ()  # the file is of a move from another source
    assert str(source.password) not in repr(found)
