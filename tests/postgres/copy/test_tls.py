"""Records come in any pieces, many at a time, and end in any way."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from homeport.postgres.copy.tls import PIECE_BYTES, Encrypted
from tests.postgres.clusters import make_certificates

RECORD_BYTES = 8192  # PostgreSQL's


class Far:
    """The server's end, which sends its records in whatever pieces a test wants."""

    def __init__(self, plain: socket.socket, folder: Path) -> None:
        self.plain = plain
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._received, self._sending = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._received, self._sending, server_side=True)
        self.failed: ssl.SSLError | None = None

    def shake_hands(self) -> None:
        while True:
            try:
                self._session.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.plain.sendall(self._sending.read())
                self._received.write(self.plain.recv(1 << 16))
            except ssl.SSLError as error:
                self.failed = error
                return
        self.plain.sendall(self._sending.read())

    def encrypt(self, data: bytes) -> bytes:
        for start in range(0, len(data), RECORD_BYTES):
            self._session.write(data[start : start + RECORD_BYTES])
        return self._sending.read()

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                data += self._session.read(size - len(data))
            except ssl.SSLWantReadError:
                self._received.write(self.plain.recv(1 << 16))
        return data

    def say_goodbye(self) -> None:
        with pytest.raises(ssl.SSLWantReadError):  # for the answer, which nobody gives
            self._session.unwrap()
        self.plain.sendall(self._sending.read())


def shake_hands(folder: Path, trusted: Path) -> tuple[Encrypted, Far]:
    near, plain = socket.socketpair()
    far = Far(plain, folder)
    waiting = threading.Thread(target=far.shake_hands)
    waiting.start()
    try:
        return Encrypted(near, ssl.create_default_context(cafile=trusted), "localhost"), far
    except BaseException:
        near.close()
        raise
    finally:
        waiting.join()
        if far.failed:
            plain.close()
            raise AssertionError from far.failed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_certificates(tmp_path, tmp_path)
    return tmp_path


@pytest.fixture
def ends(folder: Path) -> Iterator[tuple[Encrypted, Far]]:
    near, far = shake_hands(folder, folder / "ca.pem")
    with near, closing(far.plain):
        yield near, far


def test_all_records_that_have_come_are_read_at_once(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    data = bytes(range(256)) * 256
    far.plain.sendall(far.encrypt(data))
    buffer = memoryview(bytearray(1 << 20))
    assert near.recv_into(buffer) == len(data)
    assert buffer[: len(data)] == data
    assert near.pending() == 0


def test_no_more_is_read_than_there_is_room_for_and_nothing_is_lost(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    data = bytes(range(256)) * 256
    far.plain.sendall(far.encrypt(data))
    taken = b""
    while len(taken) < len(data):
        buffer = memoryview(bytearray(1000))
        taken += buffer[: near.recv_into(buffer)]
        assert near.pending() or taken == data
    assert taken == data


def test_a_record_that_comes_in_pieces_is_waited_for(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    records = far.encrypt(b"a" * 100) + far.encrypt(b"b" * 100)
    near.setblocking(False)
    far.plain.sendall(records[:50])
    with pytest.raises(BlockingIOError):
        near.recv(1000)
    far.plain.sendall(records[50:-1])
    assert near.recv(1000) == b"a" * 100
    with pytest.raises(BlockingIOError):
        near.recv(1000)
    far.plain.sendall(records[-1:])
    assert near.recv(1000) == b"b" * 100


def test_what_is_sent_arrives_whatever_its_size(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    for size in (0, 1, PIECE_BYTES, 3 * PIECE_BYTES + 1):
        data = bytes(size % 251 for size in range(size))
        sending = threading.Thread(target=near.sendall, args=(data,))
        sending.start()
        assert far.read(size) == data
        sending.join()


def test_the_end_is_told_as_a_socket_tells_it(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    far.plain.sendall(far.encrypt(b"last words"))
    far.say_goodbye()
    assert near.recv(1000) == b"last words"
    assert near.recv(1000) == b""
    assert near.recv_into(memoryview(bytearray(10))) == 0


def test_an_end_in_the_middle_of_a_record_is_an_end(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    far.plain.sendall(far.encrypt(b"a" * 100) + far.encrypt(b"lost")[:-1])
    far.plain.close()
    buffer = memoryview(bytearray(1000))
    assert near.recv_into(buffer) == 100
    assert near.recv_into(buffer) == 0
    assert near.recv(10) == b""


def test_what_was_tampered_with_is_an_error(ends: tuple[Encrypted, Far]) -> None:
    near, far = ends
    record = bytearray(far.encrypt(b"rows"))
    record[-1] ^= 1
    far.plain.sendall(record)
    with pytest.raises(ssl.SSLError):
        near.recv(1000)


def test_a_certificate_of_somebody_else_is_refused_and_the_server_hears_of_it(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(other, other)
    with pytest.raises(AssertionError) as refused:
        shake_hands(folder, other / "ca.pem")
    assert isinstance(refused.value.__context__, ssl.SSLCertVerificationError)
    assert "alert" in str(refused.value.__cause__)
