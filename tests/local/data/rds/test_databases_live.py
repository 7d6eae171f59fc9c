"""A real PostgreSQL per db instance: what RDS promises, and the bad days."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from homeport.local import ledger
from homeport.local.data.certificates import Certificates, load_certificates
from homeport.local.data.context import Context, World
from homeport.local.data.rds.binaries import available_extensions, find_binaries
from homeport.local.data.rds.databases import Databases
from homeport.local.data.supervisor import supervise
from homeport.local.home import Home

pytestmark = pytest.mark.integration

ARN = "arn:aws:rds:eu-west-1:100000000001:db:books"
Declare = Callable[..., World]


@pytest.fixture
def certificates(home: Home) -> Certificates:
    return load_certificates(home)


@pytest.fixture
async def databases(context: Context, certificates: Certificates) -> AsyncIterator[Databases]:
    part = Databases(context, certificates, supervise(context.home))
    yield part
    await part.stop()


@pytest.fixture
def declared(world: Callable[..., World], free_port: Callable[[], int]) -> Declare:
    """A World with one db instance; keyword arguments change its state."""
    state: dict[str, Any] = {
        "DBInstanceIdentifier": "books",
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "Endpoint": {"Address": "127.0.0.1", "Port": free_port()},
        "MasterUsername": "catalog",
        "MasterUserPassword": "first'; secret",
        "DBName": "catalog",
        "InstanceCreateTime": "2026-01-01T00:00:00Z",
        "Parameters": {
            "max_connections": "42",
            "rds.force_ssl": "0",
            "shared_buffers": "{DBInstanceClassMemory/32768}",
        },
    }
    return lambda **changes: world({"rds:db-instance": {ARN: state | changes}})


def connect(world: World, password: str = "first'; secret", **options: Any) -> psycopg.Connection:
    port = world.of("rds:db-instance")[ARN].state["Endpoint"]["Port"]
    options = {"user": "catalog", "dbname": "catalog"} | options
    return psycopg.connect(host="127.0.0.1", port=port, password=password, autocommit=True, **options)


async def run(databases: Databases, world: World) -> None:
    await databases.reconcile(world)
    await databases.ready()
    assert databases.live()[0].live, databases.live()[0].detail


def postmaster(home: Home) -> int:
    return int((home.databases / "books" / "data" / "postmaster.pid").read_text().split()[0])


async def test_user_password_database_and_parameters_are_as_declared(databases: Databases, declared: Declare) -> None:
    await run(databases, declared())
    with connect(declared()) as connection:
        row = connection.execute(
            "SELECT current_user, current_database(), current_setting('max_connections')"
        ).fetchone()
        assert row == ("catalog", "catalog", "42")
        assert connection.execute("SELECT pg_encoding_to_char(encoding) FROM pg_database").fetchone() == ("UTF8",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(declared(), password="wrong")


async def test_the_password_is_in_no_process_list_and_no_log(
    databases: Databases, declared: Declare, home: Home
) -> None:
    await run(databases, declared())
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert b"first'; secret" not in process.read_bytes()
        except OSError:
            pass
    assert "secret" not in (home.log / "rds-books.log").read_text()


async def test_a_changed_password_is_followed_while_it_runs(databases: Databases, declared: Declare, seen: Any) -> None:
    await run(databases, declared())
    keeper = databases._keepers[ARN]
    changed = declared(MasterUserPassword="second")
    await databases.reconcile(changed)
    async for _ in attempts():
        try:
            with connect(changed, password="second"):
                break
        except psycopg.OperationalError:
            continue
    assert databases._keepers[ARN] is keeper
    with pytest.raises(psycopg.OperationalError):
        connect(changed)


async def attempts() -> AsyncIterator[None]:
    for _ in range(200):
        yield
        await asyncio.sleep(0.05)
    pytest.fail("not within 10 s")


async def test_rows_survive_a_stop_and_a_start(
    context: Context, certificates: Certificates, databases: Databases, declared: Declare
) -> None:
    await run(databases, declared())
    with connect(declared()) as connection:
        connection.execute("CREATE TABLE book AS SELECT 1 AS id")
    await databases.stop()
    again = Databases(context, certificates, supervise(context.home))
    try:
        await run(again, declared())
        with connect(declared()) as connection:
            assert connection.execute("SELECT id FROM book").fetchall() == [(1,)]
    finally:
        await again.stop()


async def test_a_killed_postgresql_comes_back_with_its_rows(
    databases: Databases, declared: Declare, home: Home, seen: Any
) -> None:
    await run(databases, declared())
    with connect(declared()) as connection:
        connection.execute("CREATE TABLE book AS SELECT 1 AS id")
    killed = postmaster(home)
    os.kill(killed, signal.SIGKILL)
    async for _ in attempts():
        try:
            with connect(declared()) as connection:
                assert connection.execute("SELECT id FROM book").fetchall() == [(1,)]
                break
        except psycopg.OperationalError:
            continue
    assert postmaster(home) != killed


async def test_a_lock_file_that_names_a_stranger_is_no_obstacle(
    context: Context, certificates: Certificates, databases: Databases, declared: Declare, home: Home
) -> None:
    await run(databases, declared())
    lock = (home.databases / "books" / "data" / "postmaster.pid").read_text()
    await databases.stop()
    stranger = f"{os.getpid()}\n" + lock.partition("\n")[2]
    (home.databases / "books" / "data" / "postmaster.pid").write_text(stranger)
    again = Databases(context, certificates, supervise(context.home))
    try:
        await run(again, declared())
    finally:
        await again.stop()


async def test_a_half_made_folder_is_made_again(databases: Databases, declared: Declare, home: Home) -> None:
    (home.databases / "books" / "data").mkdir(parents=True)
    (home.databases / "books" / "data" / "PG_VERSION").write_text("16\n")
    await run(databases, declared())


async def test_another_major_version_is_refused_and_the_rows_stay(
    databases: Databases, declared: Declare, home: Home, seen: Any
) -> None:
    await run(databases, declared())
    await databases.reconcile(declared(EngineVersion="18.1"))
    await seen.until(lambda: seen.states[ARN].get("DBInstanceStatus") == "failed")
    assert "not upgraded" in databases.live()[0].detail
    await databases.reconcile(declared())
    await seen.until(lambda: seen.states[ARN].get("DBInstanceStatus") == "available")


async def test_a_version_that_is_nowhere_is_a_clear_message(databases: Databases, declared: Declare) -> None:
    await databases.reconcile(declared(EngineVersion="9.6"))
    await databases.ready()
    live = databases.live()[0]
    assert not live.live and live.blocked
    assert "PostgreSQL 9 is declared, and is neither installed nor bundled" in live.detail


async def test_a_busy_port_is_a_clear_message(databases: Databases, declared: Declare) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        await databases.reconcile(declared(Endpoint={"Address": "127.0.0.1", "Port": port}))
        await databases.ready()
        live = databases.live()[0]
        assert live.blocked and f"is port {port} taken by another program?" in live.detail


async def test_a_wrong_parameter_names_itself(databases: Databases, declared: Declare) -> None:
    await databases.reconcile(declared(Parameters={"work_mem": "a lot"}))
    await databases.ready()
    assert "work_mem" in databases.live()[0].detail


async def test_a_missing_extension_is_told(
    databases: Databases, declared: Declare, caplog: pytest.LogCaptureFixture
) -> None:
    await run(databases, declared())
    with connect(declared()) as connection, pytest.raises(psycopg.Error):
        connection.execute("CREATE EXTENSION no_such_thing")
    async for _ in attempts():
        if "extensions not installed: no_such_thing" in databases.live()[0].detail:
            break
    assert "extension no_such_thing is not installed" in caplog.text


async def test_tls_where_the_binary_has_it(databases: Databases, declared: Declare, certificates: Certificates) -> None:
    installed = find_installed()
    await run(databases, declared(EngineVersion=installed, Parameters={"rds.force_ssl": "1"}))
    with connect(declared(), sslmode="verify-full", sslrootcert=str(certificates.authority)) as connection:
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(declared(), sslmode="disable")


def find_installed() -> str:
    """Version of an installed PostgreSQL, which has TLS; the bundled one has not."""
    for major in ("18", "17", "16", "15", "14"):
        try:
            found = find_binaries(major)
        except Exception:
            continue
        if not found.bundled:
            return found.version
    pytest.skip("no PostgreSQL is installed on this machine")


async def test_a_deleted_instance_is_removed_with_its_data(
    connected: Context, certificates: Certificates, declared: Declare, world: Callable[..., World], seen: Any
) -> None:
    part = Databases(connected, certificates, supervise(connected.home))
    try:
        await run(part, declared())
        await part.reconcile(world({}))
        async for _ in attempts():
            if not (connected.home.databases / "books").exists():
                break
        assert part.live() == []
    finally:
        await part.stop()


async def test_data_stay_when_the_account_cannot_be_asked(
    databases: Databases, declared: Declare, world: Callable[..., World], home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    await run(databases, declared())
    await databases.reconcile(world({}))
    async for _ in attempts():
        if "its data are kept" in caplog.text:
            break
    assert (home.databases / "books" / "data" / "PG_VERSION").exists()


async def test_an_instance_created_anew_starts_empty_and_the_old_data_are_put_aside(
    context: Context, certificates: Certificates, databases: Databases, declared: Declare, home: Home
) -> None:
    await run(databases, declared())
    with connect(declared()) as connection:
        connection.execute("CREATE TABLE book AS SELECT 1 AS id")
    await databases.stop()
    again = Databases(context, certificates, supervise(context.home))
    try:
        await run(again, declared(InstanceCreateTime="2026-02-02T00:00:00Z"))
        with connect(declared()) as connection:
            assert connection.execute("SELECT to_regclass('book')").fetchone() == (None,)
        assert list(home.databases.glob("books.removed-*/data/PG_VERSION"))
    finally:
        await again.stop()


async def test_a_sweep_shuts_a_leftover_down_in_order(databases: Databases, declared: Declare, home: Home) -> None:
    await run(databases, declared())
    databases._keepers[ARN]._task.cancel()
    assert ledger.sweep(home) == ["postgres of books"]
    async for _ in attempts():
        if "database system is shut down" in (home.log / "rds-books.log").read_text():
            break


def test_the_bundled_versions_and_their_extensions() -> None:
    for major in ("16", "18"):
        found = find_binaries(major, search_path="")
        assert found.major == major
        assert {"plpgsql"} <= available_extensions(found)
