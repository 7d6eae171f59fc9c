"""The checksum on real servers: it sees one bit of any type, no order, no version."""

import struct
from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from homeport.postgres.catalog import read_catalog
from homeport.postgres.checksum import Digest, digest_query, rows_of
from homeport.postgres.compare_rows import match_rows
from homeport.postgres.server import Connection, Server, connect
from tests.postgres.clusters import Cluster, heroku_like, installed_majors, run_sql

pytestmark = pytest.mark.integration

Clusters = Callable[..., Cluster]

# Type → a value of it as SQL; each is changed by one bit in the form in which the server sends it.
VALUES = {
    "int2": "12",
    "int4": "-7",
    "int8": "4294967297",
    "float4": "0.1",
    "float8": "-0.0",
    "numeric": "'1.50'",
    "numeric(30,3)": "'123456789012345678901234567.5'",
    "bool": "true",
    "text": "'naïve \"quoted\" \\ tab'",
    "varchar(40)": "'a,b)'",
    "char(5)": "'ab '",
    '"char"': "'a'",
    "name": "'n'",
    "bytea": "'\\x00ff5c'",
    "uuid": "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "date": "'2024-02-29'",
    "time": "'12:34:56.789012'",
    "timetz": "'12:34:56.789012+02'",
    "timestamp": "'2024-02-29 12:34:56.789012'",
    "timestamptz": "'2024-02-29 12:34:56.789012+02'",
    "interval": "'1 mon 2 days 03:04:05.000006'",
    "inet": "'10.1.2.3/8'",
    "cidr": "'10.0.0.0/8'",
    "macaddr": "'08:00:2b:01:02:03'",
    "json": "'{\"a\":  1}'",
    "jsonb": "'{\"a\": 1.10}'",
    "bit(5)": "B'10101'",
    "varbit": "B'101'",
    "money": "'12.34'::text::money",
    "point": "'(1,2)'",
    "box": "'(1,2),(3,4)'",
    "int4[]": "'{1,NULL,3}'",
    "text[]": "'{a,NULL,\"b c\"}'",
    "int8range": "'[1,5)'",
    "tsvector": "'a:1A b:2'",
    "pg_lsn": "'16/B374D848'",
    "xid": "'7'",
    "oid": "'7'",
}


class Two:
    """A connection with two tables of one type: how their digests come out is what is tried."""

    def __init__(self, server: Server) -> None:
        self.connection = connect(server, application="test")
        with self.connection.transaction():
            self.connection.execute("CREATE TABLE public.base (n int)")
            for number, kind in enumerate(VALUES):
                for name in ("a", "b"):
                    self.connection.execute(f"CREATE TABLE public.{name}{number} (n int, v {kind})")
        self.rows = {t.name: rows_of(t, t.columns, t.key) for t in read_catalog(self.connection).data_tables}

    def digest(self, table: str) -> Digest:
        return digest(self.connection, digest_query(self.rows[table]))


def digest(connection: Connection, query: str) -> Digest:
    return Digest(*map(int, connection.execute(query.encode()).fetchone() or ()))


@pytest.fixture(scope="module")
def two(cluster: Clusters) -> Iterator[Two]:
    pair = Two(heroku_like(cluster("15")))
    yield pair
    pair.connection.close()


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much])
@given(number=st.integers(0, len(VALUES) - 1), place=st.integers(0, 10_000))
def test_one_bit_of_a_value_of_any_type_is_seen(two: Two, number: int, place: int) -> None:
    kind, value = list(VALUES.items())[number]
    connection = two.connection
    with connection.transaction(force_rollback=True):
        connection.execute(f"INSERT INTO public.a{number} SELECT 1, {value}::{kind}")
        sent = connection.execute(f"SELECT v FROM public.a{number}", binary=True).pgresult.get_value(0, 0)
        flipped = bytearray(sent)
        flipped[place // 8 % len(sent)] ^= 1 << place % 8
        oid = connection.execute(f"SELECT '{kind}'::regtype::oid").fetchone()[0]
        try:
            with connection.transaction():
                result = connection.pgconn.exec_params(
                    f"INSERT INTO public.b{number} VALUES (1, $1::{kind})".encode(), [bytes(flipped)], [oid], [1]
                )
                if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
                    raise psycopg.DataError
        except psycopg.DataError:
            assume(False)
        (same,) = connection.execute(
            f"SELECT a *= b FROM public.a{number} a, public.b{number} b WHERE b.v::text NOT LIKE '%NaN%'"
        ).fetchone() or (True,)
        assume(not same)
        assert two.digest(f"a{number}") != two.digest(f"b{number}")


def test_every_bit_of_a_text_is_seen_by_both_hashes(two: Two) -> None:
    number, text = list(VALUES).index("text"), b'Ab, \\("z'
    flips = [text] + [
        bytes([*text[:at], text[at] ^ 1 << bit, *text[at + 1 :]]) for at in range(len(text)) for bit in range(7)
    ]
    seen = []
    for value in (flip.decode() for flip in flips if b"\0" not in flip):
        with two.connection.transaction(force_rollback=True):
            two.connection.execute(f"INSERT INTO public.a{number} VALUES (1, %s)", [value])
            seen.append(two.digest(f"a{number}"))
    assert len({digest.first for digest in seen}) == len({digest.second for digest in seen}) == len(seen)
    assert all(digest.first != digest.second for digest in seen)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "a", "a,b", "(", '"', "\\", None, "é", "x" * 9]))),
    data=st.data(),
)
def test_order_does_not_matter_and_duplicates_do(
    two: Two, rows: list[tuple[int, str | None]], data: st.DataObject
) -> None:
    number = list(VALUES).index("text")
    other = data.draw(st.permutations(rows))
    with two.connection.transaction(force_rollback=True), two.connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO public.a{number} VALUES (%s, %s)", rows)
        cursor.executemany(f"INSERT INTO public.b{number} VALUES (%s, %s)", other)
        assert two.digest(f"a{number}") == two.digest(f"b{number}")
        cursor.executemany(f"INSERT INTO public.b{number} VALUES (%s, %s)", [(4, "twice"), (4, "twice")])
        assert two.digest(f"a{number}") != two.digest(f"b{number}")


def test_a_value_does_not_slip_into_its_neighbour(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    run_sql(server, "CREATE TABLE t (a text, b text, c bytea)", "CREATE TABLE u (a text, b text, c bytea)")
    with connect(server, application="test") as connection:
        both = [rows_of(t, t.columns, t.key) for t in read_catalog(connection).data_tables]
        seen = {}
        for value in [("ab", "", None), ("a", "b", None), ("", "ab", None), (None, "ab", None), ("ab", None, b"")]:
            connection.execute("TRUNCATE public.t")
            connection.execute("INSERT INTO public.t VALUES (%s, %s, %s)", value)
            seen[value] = digest(connection, digest_query(both[0]))
    assert len(set(seen.values())) == len(seen)


def fill(server: Server) -> Digest:
    columns = ", ".join(f'"{kind}" {kind}' for kind in VALUES)
    names, values = (
        ", ".join(part) for part in ((f'"{k.replace(chr(34), chr(34) * 2)}"' for k in VALUES), VALUES.values())
    )
    columns = ", ".join(f'"{kind.replace(chr(34), chr(34) * 2)}" {kind}' for kind in VALUES)
    run_sql(
        server,
        f"CREATE TABLE kinds (id int PRIMARY KEY, {columns})",
        f"INSERT INTO kinds (id, {names}) VALUES (1, {values})",
        "INSERT INTO kinds (id) VALUES (2)",
        "INSERT INTO kinds (id, \"float8\", \"text\") VALUES (3, 1e-310, repeat('ü', 1200000)), (4, 'NaN', '')",
        'UPDATE kinds SET """char""" = (-56)::"char" WHERE id = 2',
    )
    with connect(server, application="test") as connection:
        (table,) = read_catalog(connection).data_tables
        columns_by_name = sorted(table.columns, key=lambda column: column.name)
        return digest(connection, digest_query(rows_of(table, columns_by_name, table.key)))


def test_every_major_version_computes_the_same(cluster: Clusters) -> None:
    assert len({fill(heroku_like(cluster(major))) for major in installed_majors()}) == 1


def test_blocks_add_up_to_the_table(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    run_sql(server, "CREATE TABLE t AS SELECT i, md5(i::text) AS m FROM generate_series(1, 5000) i")
    with connect(server, application="test") as connection:
        (table,) = read_catalog(connection).data_tables
        rows = rows_of(table, table.columns, table.key)
        parts = [digest(connection, digest_query(rows, blocks)) for blocks in [(0, 3), (3, 17), (17, None)]]
        assert parts[0].rows and parts[1].rows and parts[2].rows
        assert parts[0] + parts[1] + parts[2] == digest(connection, digest_query(rows))


def test_hashes_are_those_of_the_servers_own_function(cluster: Clusters) -> None:
    """A known value: should a version ever hash otherwise, comparisons with older ones would report every row."""
    known = run_sql(heroku_like(cluster("15")), "SELECT hashtextextended('homeport', 1)")
    for major in installed_majors():
        assert run_sql(heroku_like(cluster(major)), "SELECT hashtextextended('homeport', 1)") == known
    assert struct.calcsize("q") * 8 * 2 == 128


def test_rows_are_matched_by_name() -> None:
    source = [("1", 5, 5, 1), ("2", 6, 6, 1), ("dup", 9, 9, 3)]
    target = [("1", 5, 5, 1), ("2", 7, 7, 1), ("3", 8, 8, 1), ("dup", 9, 9, 1)]
    assert [(row.name, row.what, row.times) for row in match_rows(source, target, 10)] == [
        ("2", "differs", 1),
        ("3", "only in the target", 1),
        ("dup", "only in the source", 2),
    ]
