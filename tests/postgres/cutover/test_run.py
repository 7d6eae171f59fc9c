"""A cutover between real servers, under writers, loses nothing, and says what it cannot do."""

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.run import CutoverOptions, cutover
from homeport.postgres.server import Server, connect
from homeport.postgres.state import read_phase
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.sides import AGREE, Writers, is_fenced, make, notes, read_rows, run_cutover, run_follow
from tests.postgres.long import thinned

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]


@pytest.fixture
def sides(cluster: Find, tmp_path: Path) -> tuple[Server, Server]:
    """A move from 15 to 15 that is followed."""
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    make(source)
    run_follow(source, target, tmp_path / "state")
    return source, target


def phase(target: Server) -> str:
    with connect(target, application="test") as connection:
        found = read_phase(connection)
    return found.name if found else ""


@pytest.mark.parametrize(
    ("one", "other"), thinned([("13", "18"), ("15", "15"), ("15", "18"), ("13", "16"), ("16", "16")])
)
def test_writers_find_every_row_on_the_target(cluster: Find, tmp_path: Path, one: str, other: str) -> None:
    source, target = heroku_like(cluster(one)), rds_like(cluster(other))
    make(source)
    run_follow(source, target, tmp_path / "state")
    said: list[str] = []
    with Writers(source) as writers:
        report = run_cutover(source, target, tmp_path / "state", said)
    assert (report.phase, report.freeze_seconds > 0) == ("switched", True), said
    assert set(writers.committed) == notes(source) == notes(target)
    assert any("is being moved" in each for each in writers.refused)
    assert read_rows(source) | {"public.sums": 0} == read_rows(target) | {"public.sums": 0}
    assert is_fenced(source)
    assert not is_fenced(target)


def test_triggers_are_quiet_until_the_switch_and_then_as_they_were(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    query = (
        "SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgname !~ '^homeport_' ORDER BY 1, 2"
    )

    def change(point: str) -> None:
        if point == "prepared":
            run_sql(source, "INSERT INTO entry (account, note) VALUES (20, 'one more')")

    run_cutover(source, target, tmp_path / "state", at=change)
    assert run_sql(target, "SELECT * FROM audit WHERE said = 'always'") == [("always",)]
    assert run_sql(target, query) == run_sql(source, query)
    run_sql(target, "INSERT INTO entry (account, note) VALUES (20, 'another')")
    assert run_sql(target, "SELECT count(*) FROM audit WHERE said = 'always'") == [(2,)]


def test_the_target_takes_no_writes_before_the_switch(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    refused: list[str] = []

    def write(point: str) -> None:
        if point in ("prepared", "proven", "fenced", "verified"):
            assert is_fenced(target)
            refused.append(point)

    run_cutover(source, target, tmp_path / "state", at=write)
    assert refused == ["prepared", "proven", "fenced", "verified"]


def test_sequences_go_on_where_they_were(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_sql(source, "SELECT nextval('falling') FROM generate_series(1, 5)", "SELECT setval('entry_id_seq', 5000)")
    run_cutover(source, target, tmp_path / "state")
    assert run_sql(target, "SELECT nextval('falling'), nextval('entry_id_seq')") == [(-6, 5001)]
    assert run_sql(target, "INSERT INTO account (owner) VALUES ('next') RETURNING id") == [(51,)]


def test_large_objects_come_along_as_they_are_last(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_sql(
        source, "SELECT lo_put(4711, 2500000, 'changed')", "SELECT lo_unlink(4712)", "SELECT lo_from_bytea(4713, '')"
    )
    run_cutover(source, target, tmp_path / "state")
    every = "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY 1"
    assert [row[0] for row in run_sql(target, every)] == [4711, 4713]
    assert run_sql(target, every) == run_sql(source, every)


def test_a_schema_changed_behind_our_back_is_refused_and_nothing_fenced(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    run_sql(source, "CREATE TABLE later (id int PRIMARY KEY)")
    with pytest.raises(HomeportError, match="table public.later: is new"):
        run_cutover(source, target, tmp_path / "state")
    run_sql(source, "DROP TABLE later")

    def change(point: str) -> None:
        if point == "fencing":
            run_sql(source, "CREATE TABLE later (id int PRIMARY KEY)")

    with pytest.raises(HomeportError, match="table public.later: is new"):
        run_cutover(source, target, tmp_path / "state", at=change)
    assert not is_fenced(source)
    assert phase(target) == "opened"


def test_rows_that_differ_are_named_and_nothing_is_fenced(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    run_sql(target, "UPDATE swap SET v = -1 WHERE id = 7")
    with pytest.raises(HomeportError, match=r"public.swap: rows differ: \(c7\) differs"):
        run_cutover(source, target, tmp_path / "state")
    assert not is_fenced(source)


def test_rows_that_differ_in_the_last_moment_open_the_source_again(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides

    def change(point: str) -> None:
        if point == "fencing":
            run_sql(source, "UPDATE swap SET v = 1 WHERE id = 7")
        if point == "drained":
            with connect(target, application="test", autocommit=True) as connection:
                connection.execute("SET session_replication_role = replica")
                connection.execute("ALTER TABLE public.swap DISABLE TRIGGER homeport_fence")
                connection.execute("UPDATE public.swap SET v = -1 WHERE id = 7")

    with pytest.raises(HomeportError, match=r"public.swap: rows differ: \(c7\) differs"):
        run_cutover(source, target, tmp_path / "state", at=change)
    assert not is_fenced(source)
    assert phase(target) == "opened"


def test_a_long_transaction_is_named_and_the_source_goes_on(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    said: list[str] = []
    with connect(source, application="slow") as writer:

        def write(point: str) -> None:
            if point == "proven":
                writer.execute("UPDATE public.account SET amount = 0 WHERE id = 1")

        with pytest.raises(HomeportError, match="session .*homeport slow, .*public.account"):
            run_cutover(source, target, tmp_path / "state", said, at=write, lock_seconds=0.1)
        run_sql(source, "UPDATE account SET amount = 0 WHERE id = 2")
        writer.commit()
    assert any("homeport slow" in line for line in said)
    assert phase(target) == "opened"
    assert run_cutover(source, target, tmp_path / "state", said).phase == "switched"
    assert run_sql(target, "SELECT amount FROM account WHERE id IN (1, 2)") == [(0,), (0,)]


def test_a_transaction_in_the_way_of_the_preparation_is_named(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    with connect(source, application="slow") as writer:
        writer.execute("UPDATE public.account SET amount = 0 WHERE id = 1")
        with pytest.raises(HomeportError, match="public.account: is locked by others .*\n.*homeport slow"):
            run_cutover(source, target, tmp_path / "state", lock_seconds=0.1)
    assert phase(target) == "following"


def test_a_switch_that_fails_says_so_and_can_be_made_again(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    with pytest.raises(HomeportError, match="ended with 3: no such app") as failed:
        run_cutover(source, target, tmp_path / "state", switch="echo no such app >&2; exit 3")
    assert "homeport db rollback" in failed.value.hint
    assert (phase(target), is_fenced(source), is_fenced(target)) == ("switching", True, False)
    run_sql(target, "INSERT INTO entry (account, note) VALUES (20, 'w early')")
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert notes(target) == {"w early"}


def test_the_switch_command_is_told_the_target_and_its_words_hold_no_password(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    said: list[str] = []
    written = tmp_path / "written"
    command = f'env > {written}; echo "now at $DATABASE_URL"'
    run_cutover(source, target, tmp_path / "state", said, switch=command)
    environment = dict(line.partition("=")[::2] for line in written.read_text().splitlines())
    assert environment["HOMEPORT_TARGET_HOST"] == target.host
    assert environment["HOMEPORT_TARGET_DATABASE"] == target.database
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        assert connection.info.dbname == target.database
    assert any("now at postgres://" in line for line in said)
    assert target.password and not any(target.password in line for line in said)


def test_without_a_command_the_switch_is_made_by_hand(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    said: list[str] = []
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return len(questions) != 2

    with pytest.raises(HomeportError, match="is not switched"):
        cutover(source, target, tmp_path / "state", CutoverOptions(None), said.append, confirm)
    assert any("heroku config:set DATABASE_URL=" in line for line in said)
    assert target.password and not any(target.password in line for line in said)
    assert phase(target) == "switching"
    report = cutover(source, target, tmp_path / "state", CutoverOptions(None), said.append, confirm)
    assert (report.phase, len(questions)) == ("switched", 3)


def test_who_does_not_agree_keeps_everything_as_it_is(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    report = cutover(source, target, tmp_path / "state", CutoverOptions("true"), lambda text: None, lambda text: False)
    assert report.phase == "proven"
    assert not is_fenced(source)


def test_a_dry_run_fences_nothing_and_tells_how_long_it_would_take(
    sides: tuple[Server, Server], tmp_path: Path
) -> None:
    source, target = sides
    options = CutoverOptions("false")
    report = cutover(source, target, tmp_path / "state", options, lambda text: None, AGREE, dry_run=True)
    assert (report.phase, 0 < report.freeze_seconds < 5) == ("proven", True)
    assert not is_fenced(source)
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"


def test_a_target_that_is_not_followed_is_refused(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    with pytest.raises(HomeportError, match="is not the target of a move yet"):
        run_cutover(source, target, tmp_path / "state")


def test_two_processes_at_once_are_refused(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    waiting, go_on = threading.Event(), threading.Event()

    def hold(point: str) -> None:
        if point == "prepared":
            waiting.set()
            assert go_on.wait(60)

    done: list[str] = []
    thread = threading.Thread(
        target=lambda: done.append(run_cutover(source, target, tmp_path / "state", at=hold).phase)
    )
    thread.start()
    try:
        assert waiting.wait(60)
        with pytest.raises(HomeportError, match="another process works on this move"):
            run_cutover(source, target, tmp_path / "state")
        with pytest.raises(HomeportError, match="another cutover into it is running"):
            run_cutover(source, target, tmp_path / "elsewhere")
        with pytest.raises(HomeportError, match="another follow into it is running"):
            run_follow(source, target, tmp_path / "elsewhere")
    finally:
        go_on.set()
        thread.join()
    assert done == ["switched"]


def test_another_machine_finishes_it(sides: tuple[Server, Server], tmp_path: Path) -> None:
    source, target = sides
    with pytest.raises(HomeportError):
        run_cutover(source, target, tmp_path / "state", switch="false")
    assert run_cutover(source, target, tmp_path / "elsewhere").phase == "switched"
    assert run_cutover(source, target, tmp_path / "state").told == ("the application was switched already",)
