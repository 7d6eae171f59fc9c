"""`homeport db copy` as it is typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli.db_copy import copy
from homeport.postgres.server import Server
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql

pytestmark = pytest.mark.integration


def url(server: Server) -> str:
    root = dict(server.ssl_files).get("sslrootcert", "")
    query = f"?sslmode={server.ssl_mode}" + (f"&sslrootcert={root}" if root else "")
    return f"postgres://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}{query}"


def test_the_command_copies_reports_and_keeps_passwords_to_itself(
    cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(source, "CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i")
    arguments = ["--json", "--limit-rate", "50M", "--state", str(tmp_path / "state")]
    environment = {"HOMEPORT_SOURCE": url(source), "HOMEPORT_TARGET": url(target)}
    done = CliRunner().invoke(copy, arguments, env=environment, catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["tables"] == 1
    assert run_sql(target, "SELECT count(*) FROM t") == [(1000,)]
    secrets = [str(source.password), str(target.password)]
    written = done.output + "".join(file.read_bytes().decode("latin1") for file in tmp_path.iterdir())
    assert not any(secret in written for secret in secrets)
    stdin = CliRunner().invoke(copy, ["-", "-", *arguments[3:]], input=f"{url(source)}\n{url(target)}\n")
    assert "was complete already" in stdin.stdout


def test_a_limit_slows_a_copy_down(cluster: Callable[..., Cluster], tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    run_sql(source, "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 4000) i")
    arguments = [url(source), url(target), "--json", "--limit-rate", "1M", "--state", str(tmp_path / "state")]
    done = CliRunner().invoke(copy, arguments, catch_exceptions=False)
    assert json.loads(done.stdout)["seconds"] > 3.0
