"""Rows as a source sends them, cut anywhere → the same rows at the target, and the end where it is."""

import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.postgres.copy.pump import Copied, Framing, forward
from homeport.postgres.copy.wire import ConnectionLost, ServerError, Wire, message
from homeport.postgres.server import Server

ANY = Server("nowhere", 5432, "u", "d", "hush-hush")
READY = b"Z\0\0\0\x05T"
FAILED = b"Z\0\0\0\x05E"
COLUMNS = message(b"T", struct.pack("!h", 1) + b"h\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0))


def wire_to(serve: Callable[[socket.socket], None]) -> tuple[Wire, threading.Thread]:
    """A session whose server is this function."""
    near, far = socket.socketpair()
    wire = object.__new__(Wire)
    wire.server, wire.socket, wire._rest, wire._buffer = ANY, near, b"", bytearray()

    def run() -> None:
        with far, suppress(BrokenPipeError):  # who gives up hangs up
            serve(far)

    thread = threading.Thread(target=run)
    thread.start()
    return wire, thread


def source_of(rows: list[bytes], cuts: list[int], end: Callable[[bytes], bytes]) -> Callable[[socket.socket], None]:
    def serve(far: socket.socket) -> None:
        found = re.search(rb"SELECT '(\w+)'", far.recv(1 << 16))
        assert found
        stream = message(b"H", b"\1\0\0") + b"".join(message(b"d", row) for row in rows) + end(found[1])
        start = 0
        for cut in [*sorted(cuts), len(stream)]:
            far.sendall(stream[start:cut])
            start = max(start, cut)

    return serve


def whole(count: int) -> Callable[[bytes], bytes]:
    def end(nonce: bytes) -> bytes:
        row = message(b"D", struct.pack("!hi", 1, len(nonce)) + nonce)
        done = message(b"c", b"") + message(b"C", b"COPY %d\0" % count)
        return done + COLUMNS + row + message(b"C", b"SELECT 1\0") + READY

    return end


def run(serve: Callable[[socket.socket], None], *, framed: bool = False) -> tuple[Copied, list[bytes]]:
    """What `forward` says and the rows that the target got."""
    received: list[bytes] = []

    def sink(far: socket.socket) -> None:
        far.recv(1 << 16)
        far.sendall(message(b"G", b"\1\0\0"))
        with far.makefile("rb") as stream:
            while (head := stream.read(5)) and head[:1] == b"d":
                received.append(stream.read(struct.unpack("!i", head[1:])[0] - 4))
            if head[:1] == b"c":
                far.sendall(message(b"C", b"COPY 1\0") + READY)

    (source, one), (target, other) = wire_to(serve), wire_to(sink)
    try:
        copied = forward(source, target, "COPY t TO STDOUT", "COPY t FROM STDIN", lambda size: None, framed=framed)
    finally:
        source.socket.close()
        target.socket.close()
        one.join()
        other.join()
    return copied, received


# Rows that look like the end of a stream, or like a part of it.
TRICKY = st.sampled_from([READY, FAILED, message(b"c", b""), message(b"C", b"COPY 7\0"), COLUMNS, b"COPY 7\0" + FAILED])
ROWS = st.lists(st.one_of(st.binary(max_size=300), TRICKY), max_size=30)


@settings(max_examples=60)
@given(ROWS, st.lists(st.integers(0, 3000), max_size=12), st.booleans())
def test_rows_arrive_as_they_were_sent_wherever_the_stream_is_cut(
    rows: list[bytes], cuts: list[int], framed: bool
) -> None:
    copied, received = run(source_of(rows, cuts, whole(len(rows))), framed=framed)
    assert received == rows
    assert copied.rows == len(rows)


def test_a_row_larger_than_the_buffer_passes() -> None:
    row = bytes(range(256)) * 20_000
    for framed in (False, True):
        assert run(source_of([row], [], whole(1)), framed=framed)[1] == [row]


@pytest.mark.parametrize("framed", [False, True])
def test_an_error_of_the_source_is_told_in_its_words(framed: bool) -> None:
    error = message(b"E", b"SERROR\0VERROR\0C57014\0Mcanceled, hush-hush\0\0")
    with pytest.raises(ServerError, match=r"canceled, \*\*\*") as caught:
        run(source_of([b"row"], [], lambda nonce: error + FAILED), framed=framed)
    assert caught.value.code == "57014"


def test_a_source_that_goes_away_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionLost, match="closed the connection"):
        run(source_of([b"row"], [], lambda nonce: b""))


def test_an_end_that_is_not_understood_is_no_end() -> None:
    with pytest.raises(Framing):
        run(source_of([b"row"], [], lambda nonce: message(b"N", b"SNOTICE\0\0") + whole(1)(nonce)[5:]))
