"""The fence lets no writer through, names who keeps it out, and keeps nobody waiting beyond its budget."""

import random
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover import fence, gate
from homeport.postgres.follow.capture import install
from homeport.postgres.server import Connection, Server, connect
from tests.postgres.clusters import Cluster, heroku_like, run_sql

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
TABLES = (
    "CREATE TABLE one (id int PRIMARY KEY)",
    "CREATE TABLE two (id int PRIMARY KEY)",
    "CREATE TABLE part (id int) PARTITION BY LIST (id)",
    "CREATE TABLE part_one PARTITION OF part DEFAULT",
    "INSERT INTO one VALUES (1)",
)


class Side:
    """A captured database with a fence that is ready, and our session."""

    def __init__(self, server: Server, connection: Connection) -> None:
        self.server, self.connection = server, connection
        self.said: list[str] = []
        capture = install(server, "m1", "elsewhere", always=True)
        self.tables = fence.find_tables(connection, capture)
        fence.prepare_fence(connection, "m1", self.tables)

    def up(
        self,
        *,
        budget: float = 0.2,
        terminate: bool = False,
        keep: bool = True,
        last: Callable[[], None] = lambda: None,
        blocked: Callable[[str], None] | None = None,
    ) -> float:
        attempt = fence.Attempt(budget, terminate, blocked or self.said.append)
        return fence.raise_fence(self.connection, self.tables, attempt, last, keep=keep)


@pytest.fixture
def side(cluster: Find) -> Iterator[Side]:
    server = heroku_like(cluster("15", max_prepared_transactions="5"))
    run_sql(server, *TABLES)
    with connect(server, application="cutover m1", autocommit=True) as connection:
        yield Side(server, connection)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO one VALUES (2)",
        "UPDATE one SET id = 3",
        "DELETE FROM one",
        "TRUNCATE two",
        "INSERT INTO part VALUES (1)",
        "DELETE FROM part",
        "INSERT INTO part_one VALUES (1)",
        "COPY one FROM PROGRAM 'echo 5'",
    ],
)
def test_no_statement_writes_through_it(cluster: Find, side: Side, statement: str) -> None:
    side.up()
    writer = side.server
    if "PROGRAM" in statement:  # only a superuser may, whom the fence stops too
        writer = cluster("15", max_prepared_transactions="5").admin(side.server.database)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="this database is being moved"):
        run_sql(writer, statement)
    assert run_sql(side.server, "SELECT id FROM one") == [(1,)]


def test_deltas_of_this_move_are_let_through_and_no_others(side: Side) -> None:
    side.up()
    with connect(side.server, application="follow m1", autocommit=True) as ours:
        ours.execute("INSERT INTO public.one VALUES (2)")
    with connect(side.server, application="follow m2", autocommit=True) as other:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            other.execute("INSERT INTO public.one VALUES (3)")


def test_it_is_ready_without_being_up_and_goes_down_again(side: Side) -> None:
    assert not fence.is_up(side.connection, side.tables)
    run_sql(side.server, "INSERT INTO one VALUES (2)")
    side.up()
    assert fence.is_up(side.connection, side.tables)
    fence.lower_fence(side.connection)
    run_sql(side.server, "INSERT INTO one VALUES (3)")


def test_a_rehearsal_leaves_it_down(side: Side) -> None:
    side.up(keep=False)
    assert not fence.is_up(side.connection, side.tables)


def test_what_speaks_against_it_in_the_last_moment_leaves_it_down(side: Side) -> None:
    def last() -> None:
        raise HomeportError("the schema was changed")

    with pytest.raises(HomeportError, match="the schema was changed"):
        side.up(last=last)
    run_sql(side.server, "INSERT INTO one VALUES (2)")


def test_a_long_transaction_is_named_and_nobody_waits_for_it(side: Side) -> None:
    waited: list[float] = []
    done = threading.Event()

    def write() -> None:
        with connect(side.server, application="other writer", autocommit=True) as connection:
            while not done.is_set():
                began = time.monotonic()
                connection.execute("UPDATE public.two SET id = id")
                waited.append(time.monotonic() - began)
                time.sleep(0.01)

    with connect(side.server, application="gunicorn") as writer:
        writer.execute("INSERT INTO public.one VALUES (2)")
        thread = threading.Thread(target=write)
        thread.start()
        with pytest.raises(
            HomeportError, match=rf"session {writer.info.backend_pid} \(homeport gunicorn, user .*public.one"
        ):
            side.up(budget=0.2)
        done.set()
        thread.join()
        writer.rollback()
    assert "gunicorn" in side.said[0]
    assert max(waited) < 0.5
    side.up()


def test_a_session_in_the_way_is_ended_if_that_is_asked_for(side: Side) -> None:
    with connect(side.server, application="gunicorn") as writer:
        writer.execute("INSERT INTO public.one VALUES (2)")
        time.sleep(0.3)
        side.up(budget=0.2, terminate=True)
        assert side.said[0].endswith("ended it")
        with pytest.raises(psycopg.OperationalError):
            writer.execute("SELECT 1")
    assert run_sql(side.server, "SELECT id FROM one") == [(1,)]


def test_a_prepared_transaction_is_named(side: Side) -> None:
    run_sql(side.server, "BEGIN; INSERT INTO one VALUES (2); PREPARE TRANSACTION 'left behind'")
    with pytest.raises(HomeportError, match="prepared transaction left behind of .*public.one"):
        side.up(budget=0.1, terminate=True)
    run_sql(side.server, "ROLLBACK PREPARED 'left behind'")
    side.up()


def test_a_transaction_that_ends_in_time_is_waited_for_and_its_rows_are_there(side: Side) -> None:
    with connect(side.server, application="gunicorn") as writer:
        writer.execute("INSERT INTO public.one VALUES (2)")
        threading.Timer(0.5, writer.commit).start()
        side.up(budget=2.0)
        assert run_sql(side.server, "SELECT count(*) FROM one") == [(2,)]


def test_writers_in_the_other_order_do_not_keep_it_out(side: Side) -> None:
    """They hold the table that the fence wants next, and wait for the one that it holds."""
    done = threading.Event()

    def write() -> None:
        with connect(side.server, application="writer", autocommit=True) as connection:
            while not done.is_set():
                try:
                    with connection.transaction():
                        connection.execute("UPDATE public.two SET id = id")
                        connection.execute("SELECT pg_sleep(0.002)")
                        connection.execute("UPDATE public.one SET id = id")
                except psycopg.Error:
                    return

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        side.up(budget=1.0)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert fence.is_up(side.connection, side.tables)


def test_the_fence_may_be_prepared_again(side: Side) -> None:
    run_sql(side.server, "DROP TRIGGER homeport_fence ON one")
    fence.prepare_fence(side.connection, "m1", side.tables)
    side.up()
    assert fence.is_up(side.connection, side.tables)


def test_replica_sessions_meet_it_too(side: Side) -> None:
    side.up()
    states = run_sql(side.server, "SELECT DISTINCT tgenabled::text FROM pg_trigger WHERE tgname = 'homeport_fence'")
    assert states == [("A",)]


def test_writers_of_several_tables_do_not_keep_it_out(cluster: Find) -> None:
    server = heroku_like(cluster("15", max_prepared_transactions="5"))
    names = [f"t{number}" for number in range(12)]
    run_sql(server, *(f"CREATE TABLE {name} (n int)" for name in names))
    with connect(server, application="cutover m1", autocommit=True) as connection:
        side = Side(server, connection)
        stopped = threading.Event()
        refused: list[str] = []
        threads = [threading.Thread(target=write_many, args=(server, names, n, stopped, refused)) for n in range(8)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(0.5)
            side.up(budget=1.0)
            assert fence.is_up(connection, side.tables)
        finally:
            stopped.set()
            for thread in threads:
                thread.join()
    assert refused
    assert set(refused) <= {"25006", "40P01"}


def test_a_closed_gate_lets_those_go_on_that_have_written_and_opens_by_itself(side: Side) -> None:
    gate.enable(side.connection, side.tables)
    with connect(side.server, application="test") as before:
        before.execute("INSERT INTO public.one VALUES (2)")
        gate.close(side.connection, 0.5)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="this database is being moved"):
            run_sql(side.server, "INSERT INTO one VALUES (3)")
        before.execute("INSERT INTO public.two VALUES (2)")
        before.commit()
    until = time.monotonic() + 20
    while True:
        try:
            run_sql(side.server, "INSERT INTO one VALUES (4)")
            break
        except psycopg.errors.ReadOnlySqlTransaction:
            assert time.monotonic() < until
    assert run_sql(side.server, "SELECT id FROM one ORDER BY 1") == [(1,), (2,), (4,)]


def write_many(server: Server, names: list[str], number: int, stopped: threading.Event, refused: list[str]) -> None:
    """Transactions over several tables, each in another order, without a rest."""
    chance = random.Random(number)
    with connect(server, application="writer") as connection:
        while not stopped.is_set():
            try:
                for name in chance.sample(names, 6):
                    connection.execute(f"INSERT INTO public.{name} VALUES (1)".encode())
                connection.commit()
            except psycopg.Error as error:
                refused.append(error.sqlstate or "")
                connection.rollback()
