"""TLS in few steps, against Python's own, which takes the other side."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.postgres.copy.tls import TlsSocket
from tests.postgres.clusters import make_certificates

Serve = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The authority, and a server's certificate and key."""
    folder = tmp_path_factory.mktemp("tls")
    return (folder / "ca.pem", *make_certificates(folder, folder))


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


class Side:
    """A server for one connection; `failure` is how its handshake ended."""

    def __init__(self, files: tuple[Path, Path, Path], serve: Serve) -> None:
        self.failure: OSError | None = None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(files[1], files[2])
        self.near, self._far = socket.socketpair()
        self.thread = threading.Thread(target=self._run, args=[serve])
        self.thread.start()

    def _run(self, serve: Serve) -> None:
        with self._far:
            try:
                with self._context.wrap_socket(self._far, server_side=True) as wrapped:
                    serve(wrapped)
            except OSError as error:
                self.failure = error


def read_all(tls: TlsSocket, room: int) -> bytes:
    buffer, found = bytearray(room), b""
    while size := tls.recv_into(memoryview(buffer)):
        found += buffer[:size]
    return found


@pytest.mark.parametrize("size", [1, 8192, 300_000])
@pytest.mark.parametrize("room", [1, 100, 1 << 20])
def test_bytes_arrive_as_they_were_sent(files: tuple[Path, Path, Path], size: int, room: int) -> None:
    sent = bytes(number % 251 for number in range(size if room > 1 else min(size, 9000)))
    received = bytearray()

    def echo(wrapped: ssl.SSLSocket) -> None:
        while len(received) < len(sent):
            received.extend(wrapped.recv(5000))
        for start in range(0, len(sent), 7000):  # a record each
            wrapped.sendall(sent[start : start + 7000])
        wrapped.unwrap()

    side = Side(files, echo)
    tls = TlsSocket(side.near, trusting(files[0]), "localhost")
    tls.sendall(sent)
    assert read_all(tls, room) == sent
    assert bytes(received) == sent
    tls.close()
    side.thread.join()


def test_all_that_has_come_is_read_at_once_and_what_has_no_room_is_pending(files: tuple[Path, Path, Path]) -> None:
    arrived = threading.Event()

    def serve(wrapped: ssl.SSLSocket) -> None:
        for _ in range(10):
            wrapped.sendall(b"x" * 1000)
        arrived.set()
        wrapped.recv(1)

    side = Side(files, serve)
    tls = TlsSocket(side.near, trusting(files[0]), "localhost")
    arrived.wait()
    assert tls.recv(9500) == b"x" * 9500
    assert tls.pending()
    assert tls.recv(9500) == b"x" * 500
    assert not tls.pending()
    tls.close()
    side.thread.join()


def test_a_connection_that_breaks_off_ends_as_a_socket_does(files: tuple[Path, Path, Path]) -> None:
    side = Side(files, lambda wrapped: wrapped.sendall(b"the last"))
    tls = TlsSocket(side.near, trusting(files[0]), "localhost")
    assert read_all(tls, 100) == b"the last"
    assert tls.recv(1) == b""
    tls.close()
    side.thread.join()


def test_a_server_that_is_not_trusted_is_refused_and_told(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    for context, name in ((ssl.create_default_context(), "localhost"), (trusting(files[0]), "elsewhere.example")):
        side = Side(files, lambda wrapped: None)
        with pytest.raises(ssl.SSLCertVerificationError):
            TlsSocket(side.near, context, name)
        side.near.close()
        side.thread.join()
        assert side.failure and "alert" in str(side.failure).lower()


def test_a_server_that_hangs_up_within_the_handshake_is_an_error(files: tuple[Path, Path, Path]) -> None:
    near, far = socket.socketpair()
    far.close()
    with near, pytest.raises(OSError):
        TlsSocket(near, trusting(files[0]), "localhost")
