"""Parameters of a db instance → PostgreSQL's files; and which PostgreSQL may be run."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local.data.context import Resource
from homeport.local.data.rds.binaries import Binaries, find_binaries, find_user, make_runnable
from homeport.local.data.rds.folder import check_reachable
from homeport.local.data.rds.instance import Instance, convert_instance
from homeport.local.data.rds.settings import applicable, render_access, render_configuration
from homeport.local.data.supervisor import User


def instance() -> Instance:
    state = {
        "DBInstanceIdentifier": "books",
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "Endpoint": {"Address": "127.0.0.1", "Port": 21001},
        "MasterUserPassword": "hidden",
    }
    return convert_instance(Resource("arn", "rds:db-instance", "1", "r", state))


def test_the_password_is_not_shown_by_accident() -> None:
    assert instance().password == "hidden"
    assert "hidden" not in repr(instance())


def test_only_parameters_that_mean_something_here_are_applied() -> None:
    declared = {
        "work_mem": "64MB",
        "rds.force_ssl": "1",
        "listen_addresses": "*",
        "shared_buffers": "{DBInstanceClassMemory/32768}",
        "max_connections": "{LEAST(1,2)}",
        "log_statement": "",
    }
    known = {"work_mem", "listen_addresses", "shared_buffers", "max_connections", "log_statement"}
    assert applicable(declared, known) == {"work_mem": "64MB"}


def test_values_cannot_break_out_of_their_quotes() -> None:
    text = render_configuration(instance(), {"application_name": "a'\\\nb"}, tls=False, extensions=frozenset())
    assert "application_name = 'a''\\\\\nb'" in text


def test_tls_and_preloaded_libraries_only_where_they_are() -> None:
    without = render_configuration(instance(), {}, tls=False, extensions=frozenset({"plpgsql"}))
    assert "ssl" not in without and "shared_preload_libraries" not in without
    found = render_configuration(instance(), {}, tls=True, extensions=frozenset({"pg_stat_statements"}))
    assert "ssl = 'on'" in found and "shared_preload_libraries = 'pg_stat_statements'" in found


def test_nobody_gets_in_without_a_password_or_from_outside() -> None:
    for line in (render_access(tls_only=False) + render_access(tls_only=True)).splitlines():
        assert line.endswith("127.0.0.1/32 scram-sha-256")


def test_an_installed_postgresql_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 16.9'\n")
        (tmp_path / name).chmod(0o755)
    found = find_binaries("16", search_path=str(tmp_path))
    assert (found.folder, found.version, found.bundled) == (tmp_path, "16.9", False)
    monkeypatch.setenv("HOMEPORT_POSTGRESQL", str(tmp_path))
    assert find_binaries("16", search_path="").folder == tmp_path


def test_an_installed_one_of_another_major_version_is_not_taken() -> None:
    assert find_binaries("18").major == "18"


def test_a_folder_closed_to_the_servers_user_is_named_and_left_as_it_is() -> None:
    closed = Path(tempfile.mkdtemp())  # 0700
    try:
        with pytest.raises(HomeportError, match=f"{closed}: closed to the unprivileged user"):
            check_reachable(closed / "rds", User(uid=65534, gid=65534))
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        closed.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_bundled_binaries_in_a_closed_folder_are_copied_to_where_the_server_can_run_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundled = find_binaries("16", search_path="")
    package = bundled.folder.parent.parent
    closed, cache = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    cache.chmod(0o755)
    monkeypatch.setenv("HOMEPORT_HOME", str(cache))
    try:
        shutil.copytree(package / "pginstall", closed / package.name / "pginstall", symlinks=True)
        shutil.copytree(package.parent / f"{package.name}.libs", closed / f"{package.name}.libs", symlinks=True)
        hidden = Binaries(closed / package.name / "pginstall" / "bin", bundled.version, True)
        runnable = make_runnable(hidden, find_user())
        assert runnable.folder.is_relative_to(cache)
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(closed)
        shutil.rmtree(cache)
