"""TLS in few steps: all records that have arrived are read at once, and all of what is sent goes out at once.

`ssl.SSLSocket` hands on one record a time, 8 kB of a PostgreSQL server's, and asks the kernel twice for each. A COPY of
a gigabyte is 130,000 records: the client's processor time is halved (`python -m tests.bench db_copy`, its share).
"""

import socket
import ssl

RAW_BYTES = 1 << 18


class TlsSocket:
    """What `Wire` and `forward` use of a socket, with the meanings of `socket.socket`. Belongs to one thread."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, host: str) -> None:
        """Shake hands; OSError (ssl.SSLError among them) if that fails."""
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._raw = memoryview(bytearray(RAW_BYTES))
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                self._flush()  # the alert that tells the server why
                raise
        self._flush()

    def fileno(self) -> int:
        return self._plain.fileno()

    def settimeout(self, seconds: float | None) -> None:
        self._plain.settimeout(seconds)

    def pending(self) -> int:
        """Bytes that have come and are not read, so that `select` does not tell of them."""
        return self._tls.pending() or self._incoming.pending

    def recv(self, size: int) -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: self.recv_into(memoryview(buffer))])

    def recv_into(self, view: memoryview) -> int:
        """As many bytes as are here and have room; waits for the first. 0 at the end of the connection."""
        got = 0
        while got < len(view):
            try:
                size: int = self._tls.read(len(view) - got, view[got:])  # type: ignore[assignment]
            except ssl.SSLWantReadError:
                if got:
                    break
                self._flush()  # what TLS itself has to say, a new key for example
                self._fill()
                continue
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                break
            if not size:
                break
            got += size
            if not self.pending():
                break
        return got

    def sendall(self, data: bytes | memoryview) -> None:
        view, sent = memoryview(data), 0
        while sent < len(view):
            sent += self._tls.write(view[sent:])
        self._flush()

    def close(self) -> None:
        self._plain.close()

    def _fill(self) -> None:
        size = self._plain.recv_into(self._raw)
        if size:
            self._incoming.write(self._raw[:size])
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._plain.sendall(self._outgoing.read())
