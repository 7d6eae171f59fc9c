"""The whole pre-flight on real databases: it changes nothing, chooses the method, and measures."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli.db import db
from homeport.errors import HomeportError
from homeport.postgres.catalog import Catalog, read_catalog
from homeport.postgres.check import check, check_refusals, choose_method, estimate, find
from homeport.postgres.compare import compare
from homeport.postgres.copy.run import Options, copy
from homeport.postgres.server import Server, connect, program_environment
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

pytestmark = pytest.mark.integration

Clusters = Callable[..., Cluster]
FILLED = (
    "CREATE TABLE a (id serial PRIMARY KEY, v text)",
    "INSERT INTO a (v) SELECT repeat(md5(i::text), 9) FROM generate_series(1, 20000) i",
    "CREATE TABLE b (v text)",
    "INSERT INTO b VALUES ('x')",
)
CHANGES = """
SELECT sum(pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid)),
       count(*), (SELECT count(*) FROM pg_database), (SELECT count(*) FROM pg_roles) FROM pg_class
"""
STATISTICS = "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()"


def catalogs(*servers: Server) -> list[Catalog]:
    found = []
    for server in servers:
        with connect(server, application="test") as connection:
            found.append(read_catalog(connection))
    return found


def pair(cluster: Clusters) -> tuple[Server, Server]:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(source, *FILLED)
    return source, target


def seen(cluster: Cluster, server: Server) -> tuple[object, ...]:
    """What would change if anything were changed: the schema as text, rows written, objects."""
    command = [cluster.binaries.program("pg_dump"), "--schema-only", "--restrict-key=test"]
    environment = program_environment(server, application="test")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:  # older than the option
        done = subprocess.run(command[:-1], env=environment, capture_output=True, text=True, check=True)
    stable = [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    return (tuple(stable), run_sql(server, CHANGES), settled(server))


def settled(server: Server) -> int:
    """Rows ever written: sessions report at their end, so ask until two answers are the same."""
    until, before = time.monotonic() + 5, -1
    while True:
        ((now,),) = run_sql(server, STATISTICS)
        if now == before or time.monotonic() > until:
            return int(now)  # type: ignore[call-overload, no-any-return]
        before = now  # type: ignore[assignment]


def test_neither_check_nor_compare_changes_anything(cluster: Clusters) -> None:
    one = cluster("15")
    source, target = pair(cluster)
    before = [seen(one, server) for server in (source, target)]
    check(source, target)
    compare(source, target)
    assert [seen(one, server) for server in (source, target)] == before
    run_sql(target, "CREATE TABLE t (i int)", "INSERT INTO t VALUES (1)")
    assert seen(one, target) != before[1]


def test_triggers_are_told_or_a_slot_where_the_source_allows_one_and_why(cluster: Clusters) -> None:
    report = check(*pair(cluster))
    assert report.method == "triggers"
    assert report.method_because.endswith("for a replication slot, wal_level is replica, not logical")
    assert "slot-room" not in {finding.rule for finding in report.findings}
    logical = replace(report.source.database, wal_level="logical")
    assert choose_method(replace(report.source, database=logical))[1].endswith("may not replicate")
    allowing = replace(report.source, database=replace(logical, may_replicate=True, slot_wal_bytes_max=1 << 30))
    assert choose_method(allowing)[0] == "slot"
    (room,) = [each for each in find(allowing, report.target, report.measured) if each.rule == "slot-room"]
    assert room.severity == "warns" and "at most 1,074 MB" in room.what
    taken = replace(allowing, database=replace(allowing.database, slots_left=0))
    assert choose_method(taken) == (
        "triggers",
        "an owner's rights are enough for them; for a replication slot, no replication slot is free",
    )


@pytest.mark.parametrize(("major", "hint"), [("13", "or move to PostgreSQL 15 or later"), ("15", "GRANT SET ON")])
def test_a_target_where_changes_cannot_be_followed_is_told_of(cluster: Clusters, major: str, hint: str) -> None:
    one = cluster(major)
    source, target = heroku_like(one), rds_like(one)
    if major == "15":
        assert "target-rights" not in {finding.rule for finding in check(source, target).findings}
        one.execute(f"REVOKE SET ON PARAMETER session_replication_role FROM {target.user}")
    (finding,) = [each for each in check(source, target).findings if each.rule == "target-rights"]
    assert finding.severity == "warns" and hint in finding.then


def test_large_tables_whose_rows_go_as_text_are_named(cluster: Clusters) -> None:
    source, target = pair(cluster)
    run_sql(source, "CREATE TYPE mood AS ENUM ('sad')", "CREATE TABLE c (id int PRIMARY KEY, moods mood[], raw bytea)")
    report = check(source, target)
    assert "long-texts" not in {f.rule for f in report.findings}
    grown = tuple(replace(table, size_bytes=1 << 30) for table in report.source.tables)
    large = replace(report.source, tables=grown)
    texts = frozenset({"public.c"})
    found = find(large, report.target, report.measured, texts=texts)
    assert [(f.severity, f.objects) for f in found if f.rule == "long-texts"] == [("warns", ("public.c",))]


def test_the_estimate_grows_with_what_was_measured(cluster: Clusters) -> None:
    report = check(*pair(cluster))
    measured = report.measured
    assert measured.read_rate and measured.send_rate > 0 and measured.sort_rate > 0
    assert abs(measured.clock_skew) < 1
    assert report.estimate.copy_seconds == pytest.approx(report.source.data_bytes / measured.rate)
    slower = estimate(report.source, replace(measured, read_rate=measured.rate / 4), 4)
    assert slower.copy_seconds == pytest.approx(4 * report.source.data_bytes / measured.rate)
    far = estimate(report.source, replace(measured, source_round_trip=1.0, target_round_trip=1.0), 4)
    assert far.freeze_seconds == 2 * 3  # two tables and the sequences, to both sides


def test_an_empty_source_is_measured_without_reading(cluster: Clusters) -> None:
    report = check(heroku_like(cluster("15")), rds_like(cluster("15")))
    assert report.measured.read_rate is None
    assert report.estimate.copy_seconds == 0


def test_a_wrong_clock_is_named(cluster: Clusters) -> None:
    report = check(*pair(cluster))
    skewed = find(report.source, report.target, replace(report.measured, clock_skew=-7.5))
    assert [f.what for f in skewed if f.rule == "clock"] == ["the target's clock is -7.5 s from the source's"]
    assert "clock" not in {f.rule for f in report.findings}


def test_a_target_with_content_is_refused_unless_it_is_named(cluster: Clusters) -> None:
    source, target = pair(cluster)
    run_sql(target, "CREATE TABLE old (id int PRIMARY KEY)")
    with pytest.raises(HomeportError, match="not-empty: the target .* is not empty"):
        check_refusals(*catalogs(source, target))
    with pytest.raises(HomeportError, match="not-empty"):
        check_refusals(*catalogs(source, target), "another")
    check_refusals(*catalogs(source, target), target.database)


def test_a_named_target_keeps_what_it_holds_and_clashes_are_refused(cluster: Clusters) -> None:
    source, target = pair(cluster)
    run_sql(target, "CREATE TABLE old (id int PRIMARY KEY)")
    (beside,) = [f for f in check(source, target, into_nonempty=target.database).findings if f.rule == "not-empty"]
    assert beside.severity == "warns" and "is kept, and the copy goes beside it" in beside.then
    run_sql(target, "CREATE TABLE a (id int)")
    (clash,) = [f for f in check(source, target, into_nonempty=target.database).findings if f.rule == "not-empty"]
    assert (clash.severity, clash.objects) == ("refuses", ("TABLE public.a",))


def test_a_target_that_holds_this_move_is_no_reason_to_refuse(cluster: Clusters, tmp_path: Path) -> None:
    source, target = pair(cluster)
    copy(source, target, tmp_path / "state", Options(), lambda progress: None)
    report = check(source, target)
    (begun,) = [f for f in report.findings if f.rule == "not-empty"]
    assert not report.refused
    assert (begun.severity, begun.then) == ("informs", "homeport db status")


def url(server: Server) -> str:
    query = f"?sslmode={server.ssl_mode}&sslrootcert={dict(server.ssl_files).get('sslrootcert', '')}"
    return f"postgres://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}{query}"


def test_the_commands_say_what_they_find_and_exit_by_it(cluster: Clusters) -> None:
    source, target = pair(cluster)
    run = CliRunner()
    variables = {"FROM_URL": url(source), "TO_URL": url(target)}
    fine = run.invoke(db, ["check", "FROM_URL", "TO_URL"], env=variables)
    assert fine.exit_code == 0, fine.output
    assert "method    triggers" in fine.output
    refused = run.invoke(db, ["check", url(source), url(source), "--json"])
    assert refused.exit_code == 1
    document = json.loads(refused.stdout)
    assert document["refused"]
    assert {"same-database", "not-empty"} <= {each["rule"] for each in document["findings"]}
    different = run.invoke(db, ["compare", "FROM_URL", "TO_URL", "--json"], env=variables)
    assert different.exit_code == 1
    assert json.loads(different.stdout)["uncompared"] == ["public.a", "public.b"]
    same = run.invoke(db, ["compare", "FROM_URL", "FROM_URL", "--table", "a"], env=variables)
    assert same.exit_code == 0
    assert same.output.splitlines()[-1].startswith("equal: 1 table, 20,000 rows")
    for answer in (fine, refused, different, same):
        assert source.password not in answer.output and target.password not in answer.output


def test_a_variable_that_is_not_there_is_named() -> None:
    answer = CliRunner().invoke(db, ["compare", "ABSENT_URL", "postgres://u:p@h/d"])
    assert isinstance(answer.exception, HomeportError)
    assert "the source: there is no environment variable ABSENT_URL" in answer.exception.message
