"""Connections to real servers: what they are pinned to, and what is said when there is none."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from homeport.errors import HomeportError
from homeport.postgres.server import Server, connect, program_environment
from tests.postgres.clusters import Cluster, heroku_like, installed_majors, rds_like, run_sql

pytestmark = pytest.mark.integration

Clusters = Callable[..., Cluster]


def said(server: Server) -> str:
    with pytest.raises(HomeportError) as caught:
        connect(server, application="test", what="the source").close()
    assert server.password is None or server.password not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("major", installed_majors())
def test_a_session_is_pinned_whatever_its_role_says(cluster: Clusters, major: str) -> None:
    server = heroku_like(cluster(major))
    for setting in ("statement_timeout = 7", "row_security = on", "DateStyle = 'German'", "search_path = public"):
        run_sql(server, f"ALTER ROLE {server.user} SET {setting}")
    with connect(server, application="check", lock_timeout_ms=1500) as connection:
        show = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("statement_timeout", "row_security", "DateStyle", "search_path", "lock_timeout")
        }
        (name,) = connection.execute("SELECT current_setting('application_name')").fetchone()
    assert show == {
        "statement_timeout": "0",
        "row_security": "off",
        "DateStyle": "ISO, MDY",
        "search_path": "",
        "lock_timeout": "1500ms",
    }
    assert name == "homeport check"


def test_timeouts_that_only_newer_servers_know_are_off_as_well(cluster: Clusters) -> None:
    server = heroku_like(cluster("18"))
    for name in ("idle_session_timeout", "transaction_timeout"):
        run_sql(server, f"ALTER ROLE {server.user} SET {name} = '7min'")
    with connect(server, application="check") as connection:
        query = "SELECT current_setting('idle_session_timeout'), current_setting('transaction_timeout')"
        assert connection.execute(query).fetchone() == ("0", "0")


def test_the_source_role_has_exactly_the_rights_of_heroku(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"), ["hstore"])
    query = (
        "SELECT rolsuper, rolreplication, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = user"
    )
    assert run_sql(server, query) == [(False,) * 5]
    owns = "SELECT pg_get_userbyid(datdba) = user FROM pg_database WHERE datname = current_database()"
    assert run_sql(server, owns) == [(True,)]
    assert run_sql(server, "SELECT pg_has_role('pg_signal_backend', 'member')") == [(True,)]
    assert run_sql(server, "SELECT 'a=>1'::hstore IS NOT NULL") == [(True,)]
    run_sql(server, "CREATE SCHEMA ours", "CREATE TABLE ours.t (a int)", "BEGIN; LOCK TABLE ours.t; COMMIT")


def test_the_target_role_may_silence_triggers_as_on_rds(cluster: Clusters) -> None:
    assert run_sql(rds_like(cluster("15")), "SET session_replication_role = replica", "SELECT 1") == [(1,)]


def test_a_connection_goes_over_tls_where_the_server_can(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    assert run_sql(server, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [(True,)]
    assert "no pg_hba.conf entry" in said(replace(server, ssl_mode="disable"))


def test_each_way_to_fail_has_its_words(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    assert "refuses this user with this password" in said(replace(server, password="wr0ng-secret"))
    assert "wants a password" in said(replace(server, password=None))
    assert "there is no such database" in said(replace(server, database="absent"))
    assert "nothing answers there" in said(replace(server, port=1))
    assert "this host is unknown" in said(replace(server, host="absent.invalid"))
    assert "another host's" in said(replace(server, host="127.0.0.2")) or "nothing answers" in said(
        replace(server, host="127.0.0.2")
    )
    assert "not one that is trusted" in said(
        replace(server, ssl_mode="verify-full", ssl_files=(("sslrootcert", "system"),))
    )


def test_a_rollback_on_a_connection_that_is_gone_is_not_told_beside_the_error_that_led_to_it(
    cluster: Clusters, caplog: pytest.LogCaptureFixture
) -> None:
    """By psycopg's log, which would go to the terminal and names its own objects."""
    with connect(heroku_like(cluster("15")), application="test", autocommit=True) as connection:
        with pytest.raises(HomeportError, match="what went wrong"), connection.transaction():
            pid = connection.info.backend_pid
            cluster("15").execute(f"SELECT pg_terminate_backend({pid}, 10000)")
            raise HomeportError("what went wrong", "")
        assert connection.broken
    assert caplog.messages == []


def test_a_full_server_is_named(cluster: Clusters) -> None:
    full = cluster("15")
    server = heroku_like(full)
    full.execute(f"ALTER ROLE {server.user} CONNECTION LIMIT 1")
    with connect(server, application="first"):
        assert "no connection left" in said(server)


def test_programs_find_the_password_in_their_environment_only(cluster: Clusters) -> None:
    one = cluster("15")
    server = heroku_like(one)
    command = [one.binaries.program("psql"), "-XAtc", "SELECT user || ' ' || current_setting('application_name')"]
    environment = program_environment(server, application="schema")
    assert server.password not in " ".join(command)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{server.user} homeport schema"


def test_programs_inherit_no_other_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PGHOSTADDR", "127.0.0.9")
    server = Server("db.example.com", 5432, "u", "d")
    assert "PGHOSTADDR" not in program_environment(server, application="test")


def test_a_crashed_cluster_starts_again(cluster: Clusters) -> None:
    one = cluster("15")
    server = heroku_like(one)
    run_sql(server, "CREATE TABLE kept (a int)", "INSERT INTO kept VALUES (1)")
    one.stop("immediate")
    assert "nothing answers there" in said(server)
    one.start()
    assert run_sql(server, "SELECT a FROM kept") == [(1,)]
