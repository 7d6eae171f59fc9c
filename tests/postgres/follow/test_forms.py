"""In which form rows come over: binary where both sides have it for the same types, else as text."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.postgres.copy.reading import Form
from homeport.postgres.follow.captured import Captured, choose_forms
from homeport.postgres.follow.run import FollowOptions, open_deltas
from homeport.postgres.follow.statements import read_changes, read_whole, write_changes, write_whole
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.follow.both import are_equal, fill, run_follow

Find = Callable[..., Cluster]
KEYED = Captured(3, "public.a", ('"id"', '"raw"'), ('"id"',))
KEYLESS = replace(KEYED, number=4, name="public.b", key=())
FORM = Form(True, "id integer, raw bytea", frozenset({'"raw"'}))
HUGE = 600_000_000  # as text twice that, which is more than a text may be
HUGE_TABLES = (
    "CREATE TABLE huge (id int PRIMARY KEY, raw bytea)",
    "CREATE TABLE heap (id int, raw bytea)",
)


def test_binary_is_chosen_where_both_sides_have_it_for_the_same_types() -> None:
    tables = (KEYED, KEYLESS)
    chosen = choose_forms(tables, {"public.a": FORM, "public.b": FORM}, {"public.a": FORM, "public.b": FORM})
    assert [table.binary for table in chosen] == [True, True]
    other = replace(FORM, columns="id bigint, raw bytea")
    chosen = choose_forms(tables, {"public.a": replace(FORM, binary=False), "public.b": FORM}, {"public.b": other})
    assert [table.binary for table in chosen] == [False, False]


@pytest.mark.parametrize("table", [KEYED, KEYLESS])
@pytest.mark.parametrize("binary", [True, False])
def test_what_is_read_and_what_is_written_have_one_form(table: Captured, binary: bool) -> None:
    table = replace(table, binary=binary)
    for statement in (
        read_changes(table, 1, None),
        write_changes(table, 1, deletes=True, kept=True),
        read_whole(table),
        write_whole(table, kept=True),
    ):
        assert statement.count(" (FORMAT binary)") == statement.count("COPY ") * binary


def test_bytes_are_digested_as_they_are() -> None:
    statement = write_changes(replace(KEYLESS, bytes=FORM.bytes), 1, deletes=True, kept=False)
    assert "md5(ROW(c1, md5(c2))::text)" in statement and 'md5(ROW("id", md5("raw"))::text)' in statement


@pytest.mark.integration
def test_a_source_of_every_type_is_followed_in_both_forms(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("13")), rds_like(cluster("18"))
    fill(source)
    run_sql(
        source,
        "CREATE DOMAIN raw AS bytea",
        "CREATE TABLE blob (id int PRIMARY KEY, raw bytea, at timestamptz, r int4range, j jsonb, n numeric(9, 2))",
        "CREATE TABLE heap (raw raw, v varchar(5))",
        "CREATE TABLE moods (id int PRIMARY KEY, moods mood[])",
    )
    run_follow(source, target, tmp_path / "state")
    with open_deltas(source, target, tmp_path / "state") as deltas:
        texts = {table.name for table in deltas.capture.tables if not table.binary}
        assert texts == {"public.moods"}
        assert {table.name: set(table.bytes) for table in deltas.capture.tables if table.bytes} == {
            "public.account": {'"raw"'},
            "public.blob": {'"raw"'},
            "public.heap": {'"raw"'},
        }
        run_sql(
            source,
            "INSERT INTO blob VALUES (1, '\\x00ff0a5c', 'infinity', '[1,5)', '{\"a\": [1.50]}', 1.50)",
            "INSERT INTO blob (id) VALUES (2)",
            "INSERT INTO heap VALUES ('\\x00', 'a'), ('\\x00', 'a'), ('\\x01', NULL), (NULL, 'b')",
            "INSERT INTO moods VALUES (1, '{sad,NULL,glad}')",
            "INSERT INTO moods (id) VALUES (2)",
        )
        deltas.run()
        assert are_equal(source, target)
        run_sql(
            source,
            "UPDATE blob SET raw = raw || '\\x00', n = -n",
            "DELETE FROM heap WHERE ctid IN (SELECT ctid FROM heap WHERE v = 'a' LIMIT 1) OR raw IS NULL",
            "UPDATE moods SET moods = '{}' WHERE id = 2",
        )
        deltas.run()
        assert are_equal(source, target)
    run_follow(source, target, tmp_path / "state", options=FollowOptions(reload=("blob", "heap", "moods")))
    assert are_equal(source, target)


@pytest.mark.integration
@pytest.mark.skipif(not os.environ.get("HOMEPORT_LONG"), reason="takes a minute and some GB (HOMEPORT_LONG)")
def test_a_value_that_is_too_long_for_a_text_comes_over(cluster: Find, tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(source, *HUGE_TABLES)
    run_follow(source, target, tmp_path / "state")
    value = f"decode(repeat('00', {HUGE // 2}), 'hex') || decode(repeat('5c', {HUGE // 2}), 'hex')"
    run_sql(source, f"INSERT INTO huge SELECT 1, {value}", "INSERT INTO heap SELECT id, raw FROM huge")
    run_follow(source, target, tmp_path / "state")
    sums = "SELECT id, length(raw), md5(raw) FROM huge UNION ALL SELECT id, length(raw), md5(raw) FROM heap"
    assert len(run_sql(source, sums)) == 2
    assert run_sql(target, sums) == run_sql(source, sums)
    run_sql(source, "DELETE FROM heap", "UPDATE huge SET id = 2")
    run_follow(source, target, tmp_path / "state")
    assert run_sql(target, sums) == run_sql(source, sums)
