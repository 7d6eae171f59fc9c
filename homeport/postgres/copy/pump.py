"""COPY's bytes from one session to another, untouched: what the source sends is what the target is sent.

Both directions frame rows alike (CopyData), so the stream goes over as it is, and the only question is where it ends.
A second statement in the same query answers that: it selects a random word made a moment ago, which no row can hold.
"""

import re
import secrets
import select
import struct
from collections.abc import Callable
from dataclasses import dataclass

from homeport.postgres.copy.tls import Encrypted
from homeport.postgres.copy.wire import ConnectionLost, ServerError, Wire, message

BUFFER_BYTES = 1 << 20
SEND_BYTES = 1 << 18  # collected before they are sent on: a server behind TLS sends 8 kB at a time
LOOK_EVERY_BYTES = 16 << 20  # how often it is asked whether the target has refused meanwhile
QUIET_SECONDS = 2.0  # after which what looks like the end of a refused statement is taken for it
COPY_END = re.compile(rb"c\0\0\0\x04C\0\0\0.COPY (\d+)\0\Z", re.DOTALL)
COPY_END_BYTES = 5 + 5 + len("COPY 18446744073709551615") + 1
FAILED = b"Z\0\0\0\x05E"


@dataclass(frozen=True)
class Copied:
    rows: int
    bytes: int


class Framing(Exception):
    """The end of the stream could not be told; nothing was committed. Forward again with `framed`."""


def forward(
    source: Wire, target: Wire, read: str, write: str, spend: Callable[[int], None], *, framed: bool = False
) -> Copied:
    """Run `read` (COPY … TO STDOUT, in a transaction which it may begin) on the source into `write` on the target,
    which may hold statements around its COPY … FROM STDIN and is finished when this returns. `spend` is told bytes as
    they pass.

    ServerError, ConnectionLost or Framing: nothing was committed, and both sessions must be closed.
    """
    nonce = secrets.token_hex(16)
    target.send(write)
    source.send(f"{read}; SELECT '{nonce}' AS h")  # both have a way to go: one need not wait for the other's answer
    target.answer(until=b"G")
    source.answer(until=b"H")
    try:
        copied = _framed(source, target, spend) if framed else _raw(source, target, _last_words(nonce), spend)
    except OSError as error:  # either side, in the middle of a row
        raise ConnectionLost(str(error)) from None
    target.answer()
    return copied


def _raw(source: Wire, target: Wire, end: bytes, spend: Callable[[int], None]) -> Copied:
    """Forward all but the last bytes, which may be the end; they wait for what follows."""
    hold = COPY_END_BYTES + len(end)
    rest = source.take_rest()
    buffer = source.take_buffer(max(BUFFER_BYTES, 2 * len(rest)))
    view = memoryview(buffer)
    view[: len(rest)] = rest
    filled, total, looked = len(rest), 0, 0
    receive, send = source.socket.recv_into, target.socket.sendall
    while buffer[max(filled - len(end), 0) : filled] != end:
        if filled - hold >= SEND_BYTES:
            size = filled - hold
            send(view[:size])
            buffer[:hold] = buffer[size:filled]
            filled = hold
            total += size
            spend(size)
        if total - looked > LOOK_EVERY_BYTES:
            looked = total
            _check_still_wanted(target)
        if buffer[max(filled - len(FAILED), 0) : filled] == FAILED and not _speaks(source, QUIET_SECONDS):
            raise source.error_in(bytes(view[:filled])) or Framing()
        size = receive(view[filled:])
        if not size:
            raise source.error_in(bytes(view[:filled])) or ConnectionLost("the source closed the connection")
        filled += size
    filled -= len(end)
    ended = COPY_END.search(buffer, max(filled - COPY_END_BYTES, 0), filled)
    if ended is None:
        raise Framing()
    send(view[: ended.start()])
    send(message(b"c", b""))
    spend(ended.start())
    return Copied(int(ended[1]), total + ended.start())


def _framed(source: Wire, target: Wire, spend: Callable[[int], None]) -> Copied:
    """Slower, but sure whatever the source says in between: message by message, in pieces of bounded size."""
    total = 0
    while True:
        head = source.exactly(5)
        kind, left = head[:1], struct.unpack("!i", head[1:])[0] - 4
        if kind == b"d":
            target.socket.sendall(head)
            total += left
            while left:
                piece = source.exactly(min(left, BUFFER_BYTES))
                target.socket.sendall(piece)
                left -= len(piece)
                spend(len(piece))
            continue
        body = source.exactly(left)
        if kind == b"E":
            raise source.error(body)
        if kind == b"C":
            target.socket.sendall(message(b"c", b""))
            source.answer()
            return Copied(int(body[5:-1]), total)


def _last_words(nonce: str) -> bytes:
    """What the source sends after CommandComplete of its COPY: `SELECT '<nonce>' AS h`, and that it is ready."""
    columns = message(b"T", struct.pack("!h", 1) + b"h\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0))
    row = message(b"D", struct.pack("!hi", 1, len(nonce)) + nonce.encode())
    return columns + row + message(b"C", b"SELECT 1\0") + b"Z\0\0\0\x05T"


def _check_still_wanted(target: Wire) -> None:
    """During COPY a server speaks only to refuse."""
    if _speaks(target, 0):
        target.answer()
        raise ServerError("", "the target ended the COPY before its rows did")


def _speaks(wire: Wire, seconds: float) -> bool:
    """Whether something has come, or comes in so many seconds."""
    read = isinstance(wire.socket, Encrypted) and wire.socket.pending()
    return bool(read or select.select([wire.socket], [], [], seconds)[0])
