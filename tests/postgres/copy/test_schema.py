from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.postgres.copy.keeper import keep_snapshot
from homeport.postgres.copy.programs import choose_programs, find_programs
from homeport.postgres.copy.run import reach
from homeport.postgres.copy.schema import (
    AT_ONCE,
    HEADER,
    Dump,
    choose_first,
    choose_rest,
    clean_script,
    divide_script,
)
from homeport.postgres.server import connect
from homeport.system import process
from tests.postgres.clusters import Cluster, heroku_like, run_sql

Find = Callable[..., Cluster]
ENTRIES = [
    "6; 2615 2200 SCHEMA - public owner",
    "7; 2615 17000 SCHEMA - heroku_ext owner",
    "2; 3079 17001 EXTENSION - hstore ",
    "3000; 0 0 COMMENT - EXTENSION hstore ",
    "215; 1259 16386 TABLE public parent owner",
    "3100; 1417 1 USER MAPPING - USER MAPPING x SERVER y owner",
]
AFTER = [
    "3290; 2606 16399 CONSTRAINT public parent parent_pkey owner",
    "3291; 1259 16400 INDEX public parent_name owner",
    "3292; 2606 16401 FK CONSTRAINT public child child_fk owner",
    "3293; 2606 16402 CHECK CONSTRAINT public child late_check owner",
    "3294; 2620 16403 TRIGGER public parent touch owner",
    "3295; 2620 16404 TRIGGER public parent homeport_capture owner",
    "3296; 3381 16405 STATISTICS public related owner",
    "3297; 0 16406 MATERIALIZED VIEW DATA public daily owner",
    "3298; 0 0 INDEX ATTACH public events_pkey owner",
    "3299; 0 0 COMMENT public INDEX parent_name owner",
    "3300; 3466 16407 EVENT TRIGGER - watch owner",
]


def test_what_the_target_has_and_what_is_not_ours_to_make_is_left_out() -> None:
    assert choose_first(ENTRIES, frozenset({"public", "heroku_ext"})) == [ENTRIES[2], ENTRIES[4]]
    assert choose_first(ENTRIES, frozenset()) == [ENTRIES[1], ENTRIES[2], ENTRIES[4]]


def test_the_rest_is_what_nobody_else_builds_without_our_own_triggers() -> None:
    assert [entry.split()[3] for entry in choose_rest(AFTER)] == ["CHECK", "TRIGGER", "COMMENT"]
    assert "homeport" not in "".join(choose_rest(AFTER))


def test_a_script_is_left_without_psqls_commands_and_newer_settings() -> None:
    head = "--\n\\restrict abc\n\nSET lock_timeout = 0;\nSET transaction_timeout = 0;\n"
    script = f"{head}\n--\n-- Name: t\n--\nX;\n\n\\unrestrict abc\n\n"
    cleaned = clean_script(script)
    assert "restrict" not in cleaned
    assert "transaction_timeout" not in cleaned
    assert "SET lock_timeout = 0;" in cleaned
    assert "X;" in cleaned


def test_what_a_server_keeps_with_a_column_for_itself_is_left_out() -> None:
    def alter(options: str) -> str:
        return f'ALTER TABLE ONLY public."t (a" ALTER COLUMN b SET ({options});\n'

    script = "\n--\n-- Name: t\n--\nCREATE TABLE t ();\n" + alter("pg_attver=26496664")
    script += alter("pg_attver=7, n_distinct=5") + alter("n_distinct=5")
    _, _, cleaned = clean_script(script).partition("CREATE TABLE t ();\n\n")
    assert cleaned == alter("n_distinct=5") * 2


def test_entries_are_sent_many_at_a_time() -> None:
    head = "SET lock_timeout = 0;\n"
    entries = [f"{HEADER}t{number}\n--\n\nCREATE TABLE t{number} ();\n" for number in range(2 * AT_ONCE + 1)]
    parts = divide_script(head + "".join(entries), len(entries))
    assert [part.count("CREATE TABLE") for part in parts] == [AT_ONCE, AT_ONCE, 1]
    assert all(part.startswith(head) for part in parts)
    assert "".join(part.removeprefix(head) for part in parts) == "".join(entries)


def test_of_a_script_without_entries_nothing_is_left() -> None:
    assert divide_script("SET lock_timeout = 0;\n", 0) == ()


def test_a_script_is_not_divided_where_a_function_holds_what_looks_like_an_entry() -> None:
    function = f"{HEADER}f\n--\n\nCREATE FUNCTION f() AS $$ {HEADER}x\n-- $$;\n"
    entries = function + f"{HEADER}t\n--\n\nCREATE TABLE t ();\n" * AT_ONCE
    assert divide_script(f"SET a = b;\n{entries}", AT_ONCE + 1) == (f"SET a = b;\n{entries}",)


@pytest.mark.integration
def test_a_dump_that_is_begun_anew_is_of_the_later_snapshot(cluster: Find, tmp_path: Path) -> None:
    source, programs = heroku_like(cluster("15")), choose_programs(find_programs(), 15, 15)
    with reach(source, programs) as near, Dump(programs, near, "copy test", tmp_path) as dump:
        with keep_snapshot(source, "one", exported=dump.begin):
            run_sql(source, "CREATE TABLE later (n int)")
            with keep_snapshot(source, "other", exported=dump.begin):
                schema = dump.end(frozenset({"public"}), lambda: None)
    assert "CREATE TABLE public.later" in "".join(schema.first)


@pytest.mark.integration
def test_a_dump_that_nobody_waits_for_any_more_is_stopped(cluster: Find, tmp_path: Path) -> None:
    source, programs = heroku_like(cluster("15")), choose_programs(find_programs(), 15, 15)
    run_sql(source, "CREATE TABLE t (n int)")
    with keep_snapshot(source, "one", held=False) as keeper, connect(source, application="holder") as holder:
        holder.execute("LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")  # it would wait for that
        with reach(source, programs) as near, Dump(programs, near, "copy test", tmp_path) as dump:
            dump.begin(keeper.snapshot)
            assert dump._pid is not None
            assert process.exit_code(dump._pid) is None
        assert process.exit_code(dump._pid) is not None
