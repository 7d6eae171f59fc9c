"""A `Server` → a socket that speaks PostgreSQL's protocol, so that COPY's bytes can be forwarded untouched.

psycopg hands every row to Python, which costs more than the servers' own work; here a row is never looked at.
Messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import base64
import hashlib
import hmac
import re
import secrets
import socket
import ssl
import struct
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from homeport.errors import HomeportError
from homeport.postgres.copy.tls import Encrypted
from homeport.postgres.server import SESSION, Server, redact, render_options

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
PROTOCOL = 196608  # 3.0, understood by every server
RECEIVE_BYTES = 1 << 18
ROOT_CERTIFICATES = Path("~/.postgresql/root.crt")  # where libpq looks
FIELD = re.compile(rb"([A-Za-z])([^\0]*)\0")


class ServerError(Exception):
    """What a server answered to a statement: its SQLSTATE and its words, the password taken out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ConnectionLost(Exception):
    """The connection ended, with the last words of the server, if any."""


class Wire:
    """One session. `send`, `receive` and `answer` are for who forwards; everybody else wants `execute`."""

    def __init__(self, server: Server, *, application: str, settings: dict[str, str] | None = None) -> None:
        self.server = server
        self._rest = b""
        self._buffer = bytearray()
        try:
            self.socket = open_socket(server)
            try:
                self._start(application, SESSION | (settings or {}))
            except BaseException:
                self.socket.close()
                raise
        except (OSError, ConnectionLost) as error:
            raise ConnectionLost(f"{server}: {redact(server, str(error))}") from None

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the session; a statement that runs is given up by its server when it next writes."""
        try:
            self.socket.sendall(message(b"X", b""))
        except OSError:
            pass
        self.socket.close()

    def execute(self, statements: str) -> list[str | None]:
        """Run statements, one after another; the values of the last row of the last answer, as text."""
        self.send(statements)
        return self.answer()

    def load(self, statements: str, pieces: Iterable[bytes]) -> None:
        """Run statements, the last of which is a COPY … FROM STDIN, and have it take in these pieces of its data."""
        self.send(statements)
        self.answer(until=b"G")
        for piece in pieces:
            self._write(message(b"d", piece))
        self._write(message(b"c", b""))
        self.answer()

    def send(self, statements: str) -> None:
        self._write(message(b"Q", statements.encode() + b"\0"))

    def answer(self, until: bytes = b"Z") -> list[str | None]:
        """Read until the server is ready (or until a message of another kind); ServerError if it refused."""
        row: list[str | None] = []
        failed: ServerError | None = None
        while True:
            kind, body = self.receive()
            if kind == b"E":
                failed = self.error(body)
            elif kind == b"D":
                row = _row(body)
            elif kind == b"Z" and failed:
                raise failed
            if kind in (until, b"Z"):
                return row

    def receive(self) -> tuple[bytes, bytes]:
        """One whole message: its kind and its body."""
        head = self.exactly(5)
        return head[:1], self.exactly(struct.unpack("!i", head[1:])[0] - 4)

    def take_rest(self) -> bytes:
        """What was read from the socket and belongs to messages that nobody asked for yet."""
        rest, self._rest = self._rest, b""
        return rest

    def take_buffer(self, size: int) -> bytearray:
        """At least so many bytes, with anything in them; the same ones again as long as they are enough."""
        if len(self._buffer) < size:
            self._buffer = bytearray(size)
        return self._buffer

    def error_in(self, tail: bytes) -> ServerError | None:
        """The last ErrorResponse in the end of a stream."""
        start = max(tail.rfind(b"SERROR\0"), tail.rfind(b"SFATAL\0"), tail.rfind(b"SPANIC\0"))
        return self.error(tail[start:]) if start >= 0 else None

    def _start(self, application: str, settings: dict[str, str]) -> None:
        values = {
            "user": self.server.user,
            "database": self.server.database,
            "application_name": f"homeport {application}",
            "client_encoding": "UTF8",
            "options": render_options(settings),
        }
        pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in values.items())
        body = struct.pack("!i", PROTOCOL) + pairs + b"\0"
        self._write(struct.pack("!i", len(body) + 4) + body)
        while True:
            kind, body = self.receive()
            if kind == b"R":
                self._authenticate(body)
            elif kind == b"E":
                error = self.error(body)
                raise ConnectionLost(f"{error} ({error.code})")
            elif kind == b"Z":
                return

    def _authenticate(self, body: bytes) -> None:
        (method,) = struct.unpack("!i", body[:4])
        user, password = self.server.user.encode(), (self.server.password or "").encode()
        if method == 3:
            self._write(message(b"p", password + b"\0"))
        elif method == 5:
            inner = hashlib.md5(password + user).hexdigest().encode()  # what the protocol asks for
            self._write(message(b"p", b"md5" + hashlib.md5(inner + body[4:8]).hexdigest().encode() + b"\0"))
        elif method == 10:
            self._scram()
        elif method not in (0, 12):
            raise HomeportError(
                f"{self.server}: asks for an authentication (method {method}) that a copy cannot give",
                "give the role a password (scram-sha-256 or md5)",
            )

    def _scram(self) -> None:
        """RFC 5802 and 7677, without channel binding."""
        nonce = base64.b64encode(secrets.token_bytes(18)).decode()
        bare = f"n=,r={nonce}"
        first = f"n,,{bare}".encode()
        self._write(message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
        challenge = self._sasl()
        fields = dict(part.split("=", 1) for part in challenge.split(","))
        if not fields["r"].startswith(nonce):
            raise ConnectionLost("the server answered another client's authentication")
        password = unicodedata.normalize("NFKC", self.server.password or "").encode()
        salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(fields["s"]), int(fields["i"]))
        final = f"c=biws,r={fields['r']}"
        signed = f"{bare},{challenge},{final}".encode()
        client = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client).digest(), signed)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client, signature, strict=True))).decode()
        self._write(message(b"p", f"{final},p={proof}".encode()))
        expected = base64.b64encode(_hmac(_hmac(salted, b"Server Key"), signed)).decode()
        if self._sasl() != f"v={expected}":
            raise ConnectionLost("the server does not know the password that it asked for")

    def _sasl(self) -> str:
        kind, body = self.receive()
        if kind == b"E":
            raise ConnectionLost(str(self.error(body)))
        return body[4:].decode()

    def error(self, body: bytes) -> ServerError:
        fields = {key: value.decode("utf8", "replace") for key, value in FIELD.findall(body)}
        text = " ".join(filter(None, [fields.get(b"M"), fields.get(b"D"), fields.get(b"W")]))
        return ServerError(fields.get(b"C", ""), redact(self.server, text) or "an error without words")

    def _write(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise ConnectionLost(str(error)) from None

    def exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            try:
                more = self.socket.recv(max(RECEIVE_BYTES, size - len(self._rest)))
            except OSError as error:
                raise ConnectionLost(str(error)) from None
            if not more:
                raise ConnectionLost("the server closed the connection")
            self._rest += more
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def message(kind: bytes, body: bytes) -> bytes:
    """A message as it is sent."""
    return kind + struct.pack("!i", len(body) + 4) + body


def open_socket(server: Server) -> socket.socket | Encrypted:
    """The socket, with TLS as the server's ssl_mode says (the meaning is libpq's)."""
    if server.host.startswith(("/", "@")):
        plain = socket.socket(socket.AF_UNIX)
        plain.connect(f"{server.host}/.s.PGSQL.{server.port}")
        return plain
    plain = socket.create_connection((server.host, server.port), timeout=server.connect_timeout_seconds)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, seconds in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
    try:
        wrapped = plain if server.ssl_mode in ("disable", "allow") else _encrypt(server, plain)
        wrapped.settimeout(None)
        return wrapped
    except BaseException:
        plain.close()
        raise


def _encrypt(server: Server, plain: socket.socket) -> socket.socket | Encrypted:
    plain.sendall(SSL_REQUEST)
    if plain.recv(1) != b"S":
        if server.ssl_mode == "prefer":
            return plain
        raise ConnectionLost("the server offers no TLS, which its URL requires")
    files = dict(server.ssl_files)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = server.ssl_mode == "verify-full"
    root = files.get("sslrootcert")
    if server.ssl_mode.startswith("verify") or (root and server.ssl_mode == "require"):
        if root == "system":
            context.load_default_certs()
        else:
            context.load_verify_locations(root or ROOT_CERTIFICATES.expanduser())
    else:
        context.verify_mode = ssl.CERT_NONE
    if "sslcert" in files:
        context.load_cert_chain(files["sslcert"], files.get("sslkey"))
    return Encrypted(plain, context, server.host)


def _row(body: bytes) -> list[str | None]:
    (count,) = struct.unpack("!h", body[:2])
    values: list[str | None] = []
    at = 2
    for _ in range(count):
        (size,) = struct.unpack("!i", body[at : at + 4])
        at += 4
        values.append(None if size < 0 else body[at : at + size].decode())
        at += max(size, 0)
    return values


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
