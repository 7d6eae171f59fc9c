"""A message of PostgreSQL's output plugin `pgoutput` → what it says, as far as keys are concerned. Pure.

https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html, protocol version 1: what every server
from 10 on writes. Values are the text forms of their types, in bytes.
"""

import struct
from typing import NamedTuple

MISSING = b"\0unchanged"  # of a value that is stored apart and was not changed; no text of a value holds a zero byte

Row = list[bytes | None]


class Begin(NamedTuple):
    """Changes of this transaction follow: its number without the epoch, never that of a subtransaction."""

    xid: int


class Commit(NamedTuple):
    end: int  # where the WAL goes on after it


class Relation(NamedTuple):
    """What the rows of a table look like from here on: column, and whether old rows have it."""

    oid: int
    columns: tuple[tuple[str, bool], ...]


class Change(NamedTuple):
    """`old` is there if the identity was changed, or the row is gone; of other columns than the identity it is None."""

    oid: int
    old: Row | None
    new: Row | None


class Truncate(NamedTuple):
    oids: tuple[int, ...]


Message = Begin | Commit | Relation | Change | Truncate


def decode(data: bytes) -> Message | None:
    """None for what says nothing of rows: types, origins, messages."""
    kind = data[:1]
    if kind in (b"I", b"U", b"D"):
        return _change(data)
    if kind == b"B":
        return Begin(struct.unpack_from("!qqI", data, 1)[2])
    if kind == b"C":
        return Commit(struct.unpack_from("!BqQ", data, 1)[2])
    if kind == b"R":
        return _relation(data)
    if kind == b"T":
        (count,) = struct.unpack_from("!I", data, 1)
        return Truncate(struct.unpack_from(f"!{count}I", data, 6))
    return None


def _change(data: bytes) -> Change:
    (oid,) = struct.unpack_from("!I", data, 1)
    at, rows = 5, {}
    while at < len(data):
        kind = data[at : at + 1]
        rows[kind], at = _row(data, at + 1)
    return Change(oid, rows.get(b"K", rows.get(b"O")), rows.get(b"N"))


def _row(data: bytes, at: int) -> tuple[Row, int]:
    """A row, and where it ends."""
    (count,) = struct.unpack_from("!H", data, at)
    at += 2
    values: Row = []
    for _ in range(count):
        kind = data[at]
        at += 1
        if kind == ord("t"):
            (size,) = struct.unpack_from("!I", data, at)
            at += 4
            values.append(data[at : at + size])
            at += size
        else:
            values.append(None if kind == ord("n") else MISSING)
    return values, at


def _relation(data: bytes) -> Relation:
    (oid,) = struct.unpack_from("!I", data, 1)
    at = data.index(b"\0", data.index(b"\0", 5) + 1) + 2  # after schema, name, and the kind of identity
    (count,) = struct.unpack_from("!H", data, at)
    at += 2
    columns = []
    for _ in range(count):
        end = data.index(b"\0", at + 1)
        columns.append((data[at + 1 : end].decode(), bool(data[at] & 1)))
        at = end + 9  # type, and its modifier
    return Relation(oid, tuple(columns))
