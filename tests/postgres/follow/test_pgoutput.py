"""What a replication slot says, byte by byte, and which transactions a snapshot sees."""

import struct

import psycopg
import pytest

from homeport.errors import HomeportError
from homeport.postgres.follow.captured import Captured
from homeport.postgres.follow.pgoutput import MISSING, Begin, Change, Commit, Relation, Truncate, decode
from homeport.postgres.follow.stream import Generation, Shape, explain_end, parse_lsn, render_lsn, sees

TABLE = Captured(3, "public.t", ('"a"', '"b ""c"'), ('"b ""c"', '"a"'), published="1")
RELATION = Relation(7, (("a", True), ("v", False), ('b "c', True)))


def row(*values: bytes | None) -> bytes:
    parts = [b"n" if v is None else b"u" if v is MISSING else b"t" + struct.pack("!I", len(v)) + v for v in values]
    return struct.pack("!H", len(values)) + b"".join(parts)


def keys(change: Change, relation: Relation = RELATION) -> tuple[list[bytes], set[int]]:
    generation = Generation()
    Shape(TABLE, relation).take(change, generation)
    lines = []
    if 3 in generation.keys:
        generation.keys[3].seek(0)
        lines = sorted(generation.keys[3].read().splitlines())
    generation.close()
    return lines, generation.whole


def test_messages_are_read() -> None:
    assert decode(b"B" + struct.pack("!qqI", 5, 6, 4_000_000_000)) == Begin(4_000_000_000)
    assert decode(b"C" + struct.pack("!BqQq", 0, 5, 9, 6)) == Commit(9)
    columns = struct.pack("!B", 1) + b"a\0" + struct.pack("!Ii", 23, -1) + struct.pack("!B", 0) + b"v\0"
    relation = (
        b"R" + struct.pack("!I", 7) + b"public\0t\0d" + struct.pack("!H", 2) + columns + struct.pack("!Ii", 25, -1)
    )
    assert decode(relation) == Relation(7, (("a", True), ("v", False)))
    assert decode(b"T" + struct.pack("!IBII", 2, 1, 7, 8)) == Truncate((7, 8))
    assert decode(b"Y" + struct.pack("!I", 1)) is None


def test_old_and_new_rows_are_told_apart() -> None:
    oid = struct.pack("!I", 7)
    assert decode(b"I" + oid + b"N" + row(b"1", None)) == Change(7, None, [b"1", None])
    assert decode(b"U" + oid + b"K" + row(b"1", None) + b"N" + row(b"2", MISSING)) == Change(
        7, [b"1", None], [b"2", MISSING]
    )
    assert decode(b"D" + oid + b"O" + row(b"1", b"x")) == Change(7, [b"1", b"x"], None)


def test_both_keys_of_a_change_are_kept_in_the_order_of_the_key() -> None:
    assert keys(Change(7, None, [b"1", b"v", b"x\ty"])) == ([b"x\\ty\t1"], set())
    assert keys(Change(7, [b"1", None, b"x"], [b"2", b"v", b"x"])) == ([b"x\t1", b"x\t2"], set())
    assert keys(Change(7, [b"1", None, b"x"], [b"1", b"v", MISSING])) == ([b"x\t1"], set())


def test_what_does_not_tell_the_key_has_the_table_loaded_whole() -> None:
    assert keys(Change(7, None, [b"1", b"v", MISSING])) == ([], {3})
    assert keys(Change(7, [b"1", None, None], None), Relation(7, (("a", True), ("v", False), ('b "c', False))))[1] == {
        3
    }
    assert keys(Change(7, None, [b"1"]), Relation(7, (("a", True),)))[1] == {3}


@pytest.mark.parametrize(
    ("snapshot", "xid", "seen"),
    [
        ("100:105:101,103", 99, True),
        ("100:105:101,103", 101, False),
        ("100:105:101,103", 102, True),
        ("100:105:101,103", 105, False),
        ("100:100:", 99, True),
        ("100:100:", 100, False),
        ("4294967290:4294967300:4294967299", 4294967291, True),  # before the epoch's end
        ("4294967290:4294967300:4294967299", 2, True),  # after it
        ("4294967290:4294967300:4294967299", 3, False),
        ("4294967290:4294967294:", 5, False),  # of the epoch that comes
    ],
)
def test_a_snapshot_sees_what_was_committed_before_it(snapshot: str, xid: int, seen: bool) -> None:
    assert sees(snapshot, [xid]) == seen


def test_places_in_wal_are_numbers() -> None:
    assert parse_lsn("16/B374D848") == 0x16B374D848
    assert render_lsn(0x16B374D848) == "16/B374D848"


def test_a_server_that_cannot_decode_is_told_apart_from_a_connection_that_ends() -> None:
    said = 'ERROR: could not map filenumber "base/16386/16725" to relation OID'
    never = explain_end("u@db/d", "homeport_1", "XX000", said)
    assert isinstance(never, HomeportError) and said in str(never) and "--capture triggers" in (never.hint or "")
    assert isinstance(explain_end("u@db/d", "homeport_1", "57P01", "terminating connection"), psycopg.OperationalError)
    assert isinstance(explain_end("u@db/d", "homeport_1", "", "server closed the connection"), psycopg.OperationalError)
