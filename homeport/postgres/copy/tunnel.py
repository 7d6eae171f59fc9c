"""A server behind TLS → a socket in a private folder, for client programs that were built without TLS (the wheel's)."""

import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from homeport.postgres.copy.tls import Encrypted
from homeport.postgres.copy.wire import ConnectionLost, message, open_socket
from homeport.postgres.server import Server

PIECE_BYTES = 1 << 16
CHANNEL_BINDING = b"SCRAM-SHA-256-PLUS\0"
PORT = 5432  # part of the socket's name only


@contextmanager
def tunnel(server: Server) -> Iterator[Server]:
    """The same database, reached through a socket that only this user can open, as long as the block lasts."""
    folder = tempfile.mkdtemp(prefix="homeport-")  # short: a socket's path has 107 characters at most
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(Path(folder) / f".s.PGSQL.{PORT}"))
            listening.listen()
            threading.Thread(target=_accept, args=(listening, server), daemon=True).start()
            yield replace(server, host=folder, port=PORT, ssl_mode="disable", ssl_files=())
            listening.shutdown(socket.SHUT_RDWR)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _accept(listening: socket.socket, server: Server) -> None:
    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_join, args=(near, server), daemon=True).start()


def _join(near: socket.socket, server: Server) -> None:
    """Forward both ways until one side ends. One thread: a TLS session is not for two."""
    with near:
        try:
            far = open_socket(server)
        except (OSError, ConnectionLost):
            return  # the program says that its connection was closed
        with far, selectors.DefaultSelector() as waiting:
            near.sendall(_greeting(far, near.recv(PIECE_BYTES)))
            far.setblocking(False)
            waiting.register(near, selectors.EVENT_READ)
            waiting.register(far, selectors.EVENT_READ)
            try:
                while True:
                    ready = [key.fileobj for key, _ in waiting.select()]
                    if near in ready:
                        data = near.recv(PIECE_BYTES)
                        if not data:
                            return
                        far.setblocking(True)
                        far.sendall(data)
                        far.setblocking(False)
                    if far in ready and not _drain(far, near):
                        return
            except OSError:
                return


def _greeting(far: socket.socket | Encrypted, startup: bytes) -> bytes:
    """The server's answer to the program's first message, without the offer to bind the password to TLS: the program,
    which knows of no TLS, would take that for an attack.
    """
    far.sendall(startup)
    answer = far.recv(PIECE_BYTES)
    if not answer.startswith(b"R") or CHANNEL_BINDING not in answer:
        return answer
    return message(b"R", answer[5:].replace(CHANNEL_BINDING, b""))


def _drain(far: socket.socket | Encrypted, near: socket.socket) -> bool:
    """Pass on what has come, TLS's own buffer included; False at the end."""
    while True:
        try:
            data = far.recv(PIECE_BYTES)
        except BlockingIOError:
            return True
        if not data:
            return False
        near.sendall(data)
