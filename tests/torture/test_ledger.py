"""The ledger by itself: without any move, journal and database agree, whatever happens to the server."""

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from homeport.postgres.server import Server, conninfo
from tests.postgres.clusters import Cluster
from tests.torture.application import make_application, open_ledger
from tests.torture.ledger import DEEDS, Desk
from tests.torture.proof import check_journal, check_sequences, read_database
from tests.torture.proxy import Proxy
from tests.torture.writers import SESSION, Crowd, Sides

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    one = Cluster("15", {"deadlock_timeout": "200ms"})
    yield one
    one.close()


def serve(folder: Path, owner: Server, application: Server) -> Sides:
    (folder / "serving").write_text("source")
    return Sides(folder / "serving", {"source": owner}, {"source": application})


def test_journal_and_database_agree_though_the_server_crashes(cluster: Cluster, tmp_path: Path) -> None:
    application = make_application(cluster)
    owner, user, initial = open_ledger(cluster, application, filler=10)
    proxy = Proxy(cluster.port)
    sides = serve(tmp_path, replace(owner, port=proxy.port), replace(user, port=proxy.port))
    with Crowd(sides, tmp_path, "ledger", 0.0) as crowd:
        for strike in (lambda: cluster.stop("immediate"), proxy.drop, proxy.drop, lambda: cluster.stop("fast")):
            crowd.wait_for(60)
            strike()
            if not cluster.is_running:
                cluster.start()
        crowd.writers[3].big_due.set()
        crowd.wait_for(100)
        crowd.hold()
    crowd.check()
    proxy.close()
    done = check_journal(crowd.files, initial, read_database(owner), {"source"}, "database")
    assert done >= 340
    check_sequences(owner)


@pytest.mark.parametrize("deed", [deed for deed, _ in DEEDS], ids=lambda deed: deed.__name__)
def test_each_deed_can_be_done_again_and_again(cluster: Cluster, deed: object) -> None:
    owner, _, _ = open_ledger(cluster, make_application(cluster), filler=1)
    with psycopg.connect(**conninfo(owner), options=SESSION) as connection:
        for seed in range(60):
            desk = Desk(connection, 3, random.Random(seed))
            deed(desk)  # type: ignore[operator]
            connection.commit()


def test_a_journal_that_lacks_a_transaction_is_noticed(cluster: Cluster, tmp_path: Path) -> None:
    owner, user, initial = open_ledger(cluster, make_application(cluster), filler=1)
    with Crowd(serve(tmp_path, owner, user), tmp_path, "lack", 0.0) as crowd:
        crowd.wait_for(20)
    lines = crowd.files[0].read_text().splitlines()
    crowd.files[0].write_text("\n".join(lines[:-2]) + "\n")
    with pytest.raises(AssertionError, match="does not hold what was committed"):
        check_journal(crowd.files, initial, read_database(owner), {"source"}, "database")


def test_a_proxy_cuts_and_lets_in_again(cluster: Cluster) -> None:
    proxy = Proxy(cluster.port)
    near = replace(cluster.admin(), port=proxy.port)
    with psycopg.connect(**conninfo(near), autocommit=True) as connection:
        threading.Timer(0.2, proxy.drop).start()
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(30)")
        assert time.monotonic() - began < 5
    with psycopg.connect(**conninfo(near)) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    proxy.close()
