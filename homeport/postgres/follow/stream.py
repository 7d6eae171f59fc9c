"""A replication slot → the keys of rows that changed, in the order of commits, until they are no longer needed.

psycopg does not speak the replication protocol, but its libpq carries it: COPY in both directions. What is read is
kept in generations of whole transactions, one for each time of reading, and the slot is told that a generation may be
forgotten when what the receiving side holds sees all of it. Whatever happens before, the slot gives it again.

How far to read is told by a mark: a row of ours, written after a snapshot was taken. Changes come in the order of the
commits, so when the mark comes, everything that the snapshot sees has come.
https://www.postgresql.org/docs/current/protocol-replication.html
"""

import select
import struct
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import psycopg

from homeport.errors import HomeportError
from homeport.postgres.follow.captured import Captured
from homeport.postgres.follow.pgoutput import MISSING, Begin, Change, Commit, Relation, Row, Truncate, decode
from homeport.postgres.server import SESSION, Server, conninfo, render_options

EPOCH = 1 << 32
MEMORY_BYTES = 1 << 20  # of the keys of one table; more go to a file
ASK_SECONDS = 5.0  # of silence, after which the server is asked how far it is
ESCAPED = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))  # of COPY's text


@dataclass
class Generation:
    """Transactions that were read together: their numbers, where the last one ends, and what they touched.

    `keys`: table → lines for COPY, of which `rows` says how many. `whole`: tables that were truncated, or changed in a
    way that does not tell the key.
    """

    xids: "array[int]" = field(default_factory=lambda: array("I"))  # millions, after a long copy
    end: int = 0
    rows: dict[int, int] = field(default_factory=dict)
    keys: dict[int, IO[bytes]] = field(default_factory=dict)
    whole: set[int] = field(default_factory=set)

    def add(self, number: int, line: bytes) -> None:
        if number not in self.keys:
            self.keys[number] = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 closed when forgotten
        self.keys[number].write(line)
        self.rows[number] = self.rows.get(number, 0) + 1

    def close(self) -> None:
        for file in self.keys.values():
            file.close()


class Stream:
    """One session that reads a slot. `tables`: those that it tells of, by their oid; `mark`: the oid of our table."""

    def __init__(
        self, server: Server, *, application: str, slot: str, tables: Mapping[int, Captured], mark: int
    ) -> None:
        self._server, self._slot, self._tables, self._mark = server, slot, tables, mark
        self._shapes: dict[int, Shape] = {}
        self._confirmed = 0
        self._generations: list[Generation] = []
        self.end = 0  # of the last transaction that was read
        self._connection = connect_replication(server, application)
        self._pgconn = self._connection.pgconn
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()
        for generation in self._generations:
            generation.close()

    def read(self, mark: int, written: int) -> None:
        """Everything up to the transaction that wrote this mark; `written`: a place in the WAL behind it.

        HomeportError if the server has come that far without telling of it.
        """
        generation, reached = Generation(), False
        self._generations.append(generation)
        for data in self._messages(written):
            message = decode(data)
            if isinstance(message, Change):
                if message.oid == self._mark:
                    reached = reached or _mark(message) >= mark
                elif message.oid in self._shapes:
                    self._shapes[message.oid].take(message, generation)
            elif isinstance(message, Begin):
                generation.xids.append(message.xid)
            elif isinstance(message, Commit):
                generation.end = self.end = message.end
                if reached:
                    return
            elif isinstance(message, Relation) and message.oid in self._tables:
                self._shapes[message.oid] = Shape(self._tables[message.oid], message)
            elif isinstance(message, Truncate):
                generation.whole |= {self._tables[oid].number for oid in message.oids if oid in self._tables}

    def rows(self) -> dict[int, int]:
        """Table → keys that were read and are not forgotten yet, some more than once."""
        found: dict[int, int] = {}
        for generation in self._generations:
            for number, count in generation.rows.items():
                found[number] = found.get(number, 0) + count
        return found

    def whole(self) -> frozenset[int]:
        """Tables that must be loaded whole."""
        return frozenset().union(*(generation.whole for generation in self._generations))

    def keys(self, number: int) -> Iterator[bytes]:
        """The keys of a table, as COPY takes them, in pieces."""
        for generation in self._generations:
            if file := generation.keys.get(number):
                file.seek(0)
                while piece := file.read(MEMORY_BYTES):
                    yield piece
                file.seek(0, 2)

    def seen(self, snapshot: str) -> int:
        """Up to where a snapshot sees everything that was read: in WAL, or 0 if there is nothing of that kind."""
        return max((generation.end for generation in self._seen(snapshot)), default=0)

    def forget(self, snapshot: str) -> None:
        """What this snapshot sees is on the other side for good: the slot need not give it again."""
        for generation in self._seen(snapshot):
            self._confirmed = generation.end
            self._generations.remove(generation)
            generation.close()
        self._tell()

    def _seen(self, snapshot: str) -> list[Generation]:
        """The generations from the first on of which the snapshot sees every transaction."""
        found = []
        for generation in self._generations:
            if not sees(snapshot, generation.xids):
                break
            found.append(generation)
        return found

    def _start(self) -> None:
        options = f"proto_version '1', publication_names '\"{self._slot}\"'"
        result = self._pgconn.exec_(f'START_REPLICATION SLOT "{self._slot}" LOGICAL 0/0 ({options})'.encode())
        if result.status != psycopg.pq.ExecStatus.COPY_BOTH:
            raise self._failure(result)

    def _messages(self, written: int) -> Iterator[bytes]:
        while True:
            size, data = self._pgconn.get_copy_data(1)
            if size < 0:
                raise self._failure(self._pgconn.get_result())
            if size == 0:
                self._wait()
            elif bytes(data[:1]) == b"w":
                yield bytes(data[25:])
            elif struct.unpack_from("!Q", data, 1)[0] >= written:
                raise HomeportError(
                    f"{self._server}: the publication {self._slot} does not tell of every change: it was altered",
                    "copy again: homeport db follow --again",
                )

    def _failure(self, result: psycopg.pq.abc.PGresult | None) -> Exception:
        code = result and result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        said = result.error_message.decode(errors="replace") if result else ""
        return explain_end(f"{self._server}", self._slot, (code or b"").decode(), " ".join(said.split()))

    def _wait(self) -> None:
        ready, _, _ = select.select([self._pgconn.socket], [], [], ASK_SECONDS)
        if not ready:
            self._tell(ask=True)
        self._pgconn.consume_input()

    def _tell(self, *, ask: bool = False) -> None:
        """How far we have come; `ask`: the server is to say how far it has."""
        place = self._confirmed
        self._pgconn.put_copy_data(struct.pack("!cQQQqB", b"r", place, place, place, 0, ask))
        self._pgconn.flush()


def explain_end(server: str, slot: str, code: str, said: str) -> Exception:
    """Why a slot was not told any further: a connection that ended (try again), or a server that cannot read its WAL.

    Class XX of SQLSTATE are internal errors; "could not map filenumber", while decoding, was seen to come each time.
    """
    if not code.startswith("XX"):
        return psycopg.OperationalError(said)
    return HomeportError(
        f"{server}: cannot decode what the replication slot {slot} is to tell: {said}",
        "start again; if the server says the same again, it never will. Nothing is lost: copy again with triggers,"
        " which need no slot: homeport db follow --again --capture triggers",
    )


class Shape:
    """Where the key stands in the rows of a table."""

    def __init__(self, table: Captured, relation: Relation) -> None:
        names = [name for name, _ in relation.columns]
        key = [unquote(name) for name in table.key]
        self._number = table.number
        # Only who changes the schema can have taken a column of the key out, or out of the identity.
        self._places = [names.index(name) for name in key] if set(key) <= set(names) else []
        self._is_identity = bool(self._places) and all(relation.columns[place][1] for place in self._places)

    def take(self, change: Change, generation: Generation) -> None:
        """Both keys of a change, or that the table has to be loaded whole."""
        old = self._key(change.old) if change.old is not None else None
        new = self._key(change.new, change.old) if change.new is not None else None
        if not self._is_identity or b"" in (old, new):
            generation.whole.add(self._number)
            return
        for line in {line for line in (old, new) if line}:
            generation.add(self._number, line)

    def _key(self, row: Row, old: Row | None = None) -> bytes:
        """A line for COPY; nothing if a value is not told."""
        values = []
        for place in self._places:
            value = row[place]
            if value == MISSING and old is not None:
                value = old[place]
            if value is None or value == MISSING:
                return b""
            for plain, written in ESCAPED:
                value = value.replace(plain, written)
            values.append(value)
        return b"\t".join(values) + b"\n"


def connect_replication(server: Server, application: str) -> psycopg.Connection[tuple[object, ...]]:
    """A session that can read a slot. Values have the text forms of our other sessions."""
    return psycopg.connect(
        **conninfo(server),
        replication="database",
        application_name=f"homeport {application}",
        options=render_options(SESSION | {"wal_sender_timeout": "0"}),  # a delta may take long, and nobody reads then
        client_encoding="UTF8",
        autocommit=True,
    )


def sees(snapshot: str, xids: Iterable[int]) -> bool:
    """Whether a snapshot (`xmin:xmax:xip,…`) sees all of these transactions; their numbers come without the epoch."""
    oldest, following, rest = snapshot.split(":")
    running = set(rest.split(","))
    for xid in xids:
        number = int(following) // EPOCH * EPOCH + xid
        if number > int(following) + EPOCH // 2:
            number -= EPOCH
        elif number < int(following) - EPOCH // 2:
            number += EPOCH
        if number >= int(following) or (number >= int(oldest) and str(number) in running):
            return False
    return True


def unquote(name: str) -> str:
    """The name that a quoted identifier stands for."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def parse_lsn(text: str) -> int:
    """`16/B374D848` as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def render_lsn(place: int) -> str:
    return f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"


def _mark(message: Change) -> int:
    """The number in our row: its second column."""
    return int((message.new or [None, b"0"])[1] or 0)
