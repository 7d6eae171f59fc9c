"""A URL → a PostgreSQL server; a server → a connection whose session settings are ours, or what is wrong, in words.

Passwords stay inside `Server`: its repr, every error and every argument list are without them.
"""

import logging
import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg

from homeport.errors import HomeportError

Connection = psycopg.Connection[tuple[Any, ...]]
# It would print that a rollback failed on a connection that is gone, beside the error that says so in words.
logging.getLogger("psycopg").setLevel(logging.ERROR)

SCHEMES = ("postgres", "postgresql")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
EXAMPLE = "expected postgres://user:password@host:5432/database"
QUERY = ("sslmode", "sslrootcert", "sslcert", "sslkey", "host", "connect_timeout")  # what a URL may say after its `?`

# What each session is pinned to, whatever a role or a database sets: values have one text form on every server
# (what pg_dump pins, and lc_monetary), no name is found through a search path, and row security raises, never hides.
SESSION = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",
    "search_path": "",
    "default_transaction_read_only": "off",
    "DateStyle": "ISO,MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "synchronize_seqscans": "off",
    "jit": "off",
}
# Of newer majors: set after the connection is made, where the server knows them.
TIMEOUTS = """SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.unnest(%s::text[]) AS name
WHERE pg_catalog.current_setting(name, true) IS NOT NULL"""
NEWER = ["idle_session_timeout", "transaction_timeout"]


class Lost(HomeportError):
    """A connection or a server failed in the middle of the work; it may come back."""


class Unreachable(Lost):
    """There is no connection: the server is away, or refuses."""


@dataclass(frozen=True)
class Server:
    """One database on one server, as its URL says."""

    host: str  # a name, an address, or the folder of a socket
    port: int
    user: str
    database: str
    password: str | None = field(default=None, repr=False)
    ssl_mode: str = "require"
    ssl_files: tuple[tuple[str, str], ...] = ()  # sslrootcert, sslcert, sslkey → path
    connect_timeout_seconds: int = 10

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}/{self.database}"


def parse_url(text: str, what: str) -> Server:
    """The server that a URL names; `what` is how errors call it (`the source`).

    Without `sslmode`, TLS is required, except on this machine. HomeportError names every mistake, never the password.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port or 5432
    except ValueError:
        raise HomeportError(
            f"{what}: is not a URL (its port or its host cannot be read); {EXAMPLE}",
            "write characters like @ / : # % in a password as %40 %2F %3A %23 %25",
        ) from None
    if parts.scheme not in SCHEMES:
        raise HomeportError(f"{what}: is not the URL of a PostgreSQL database; {EXAMPLE}")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = unquote(query.get("host") or parts.hostname or "")
    values = {
        "host": host,
        "user": unquote(parts.username or ""),
        "database": unquote(parts.path.removeprefix("/")),
    }
    wrong = [f"names no {name}" for name, value in values.items() if not value] + _wrong(query, values, parts.fragment)
    if wrong:
        raise HomeportError("\n".join(f"{what}: {problem}; {EXAMPLE}" for problem in wrong))
    return Server(
        **values,
        port=port,
        password=None if parts.password is None else unquote(parts.password),
        ssl_mode=query.get("sslmode") or ("prefer" if _is_here(host) else "require"),
        ssl_files=tuple((name, query[name]) for name in ("sslrootcert", "sslcert", "sslkey") if query.get(name)),
        connect_timeout_seconds=int(query.get("connect_timeout") or 10),
    )


def connect(
    server: Server, *, application: str, autocommit: bool = False, lock_timeout_ms: int = 0, what: str = "the database"
) -> Connection:
    """A connection with our session settings, called `homeport <application>` in pg_stat_activity.

    Unreachable says in words why there is none (host, TLS, password, database, connection limit) and what to do.
    """
    settings = SESSION | {"lock_timeout": str(lock_timeout_ms)}
    try:
        connection = psycopg.connect(
            **conninfo(server),
            application_name=f"homeport {application}",
            options=render_options(settings),
            client_encoding="UTF8",
            autocommit=True,
            prepare_threshold=None,
        )
    except psycopg.Error as error:
        raise _unreachable(server, error, what) from None
    try:
        connection.execute(TIMEOUTS, [NEWER])
        connection.autocommit = autocommit
    except psycopg.Error as error:
        connection.close()
        raise _unreachable(server, error, what) from None
    return connection


def conninfo(server: Server) -> dict[str, Any]:
    """libpq's parameters of this server, password included: for a client library, never for an argument list."""
    parameters: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "dbname": server.database,
        "password": server.password or "",
        "sslmode": server.ssl_mode,
        "gssencmode": "disable",
        "connect_timeout": server.connect_timeout_seconds,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    return parameters | dict(server.ssl_files)


def program_environment(server: Server, *, application: str) -> dict[str, str]:
    """Environment in which libpq programs (pg_dump, psql) connect to this server; no argument holds the password."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    own = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGDATABASE": server.database,
        "PGSSLMODE": server.ssl_mode,
        "PGGSSENCMODE": "disable",
        "PGAPPNAME": f"homeport {application}",
        "PGCONNECT_TIMEOUT": str(server.connect_timeout_seconds),
        "PGCLIENTENCODING": "UTF8",
    }
    own |= {f"PG{name.upper()}": path for name, path in server.ssl_files}
    return inherited | own | ({} if server.password is None else {"PGPASSWORD": server.password})


def render_options(settings: dict[str, str]) -> str:
    """Settings as libpq's `options`, in force from the session's first statement on."""
    return " ".join(f"-c {name}={_escape(value)}" for name, value in settings.items())


def redact(server: Server, text: str) -> str:
    """The text without the server's password."""
    return text.replace(server.password, "***") if server.password else text


def explain(server: Server, error: psycopg.Error, what: str) -> HomeportError:
    """What a failed connection or statement means, in words."""
    said = " ".join(redact(server, str(error)).split())
    for mark, cause, hint in CAUSES:
        if mark in str(error):  # a short password would make the words others
            return HomeportError(f"{what} ({server}): {cause} ({said})", hint)
    return HomeportError(f"{what} ({server}): {said}")


# What libpq or the server says → what it means, and the next step. The first that fits.
CAUSES = (
    ("password authentication failed", "refuses this user with this password", "copy its URL again, it may be renewed"),
    ("no password supplied", "wants a password, and the URL has none", EXAMPLE),
    ("no pg_hba.conf entry", "does not admit this user from here", "is TLS asked for? try ?sslmode=require"),
    ("does not have CONNECT", "does not admit this user to this database", "have its owner GRANT CONNECT ON DATABASE"),
    ("could not translate host name", "this host is unknown", "is the URL's host spelled right?"),
    ("failed to resolve host", "this host is unknown", "is the URL's host spelled right?"),
    ("server does not support SSL", "offers no TLS, which this URL requires", "add ?sslmode=disable to allow that"),
    ("certificate verify failed", "its certificate is not one that is trusted here", "name its CA in ?sslrootcert="),
    ("root certificate file", "the certificates to trust cannot be read", "name a readable file in ?sslrootcert="),
    ("does not match host name", "its certificate is another host's", "use the host's own name in the URL"),
    ("too many connections", "has no connection left for this user", "stop some of the application's processes"),
    ("too many clients", "has no connection left", "stop some of the application's processes"),
    ("remaining connection slots", "has no connection left", "stop some of the application's processes"),
    ("unsupported startup parameter", "is a connection pooler", "use the URL of the database itself"),
    ("Connection refused", "nothing answers there", "is the URL's port right, and may this machine connect?"),
    ("timeout expired", "does not answer", "may this machine connect to it (security group, network)?"),
    ("connection timeout", "does not answer", "may this machine connect to it (security group, network)?"),
    ("does not exist", "there is no such database or user", "copy the URL again; databases: \\l in psql"),
    ("is starting up", "is just starting", "try again in a moment"),
    ("is shutting down", "is shutting down", "try again in a moment"),
    ("is in recovery mode", "is recovering from a crash", "try again in a moment"),
)


def _unreachable(server: Server, error: psycopg.Error, what: str) -> Unreachable:
    explained = explain(server, error, what)
    return Unreachable(explained.message, explained.hint)


def _wrong(query: dict[str, str], values: dict[str, str], fragment: str) -> list[str]:
    """What else is wrong with the parts of a URL."""
    wrong = [f"does not understand ?{name}=" for name in query if name not in QUERY]
    if fragment:
        wrong.append("has a # that should be %23")
    if "/" in values["database"]:
        wrong.append("has more than one / after its host (in a password it is %2F)")
    if "," in values["host"]:
        wrong.append("names several hosts where one is expected")
    if query.get("sslmode", "prefer") not in SSL_MODES:
        wrong.append(f"sslmode is {query['sslmode']!r}, not one of {', '.join(SSL_MODES)}")
    if not query.get("connect_timeout", "0").isdecimal():
        wrong.append("connect_timeout is not a number of seconds")
    return wrong


def _is_here(host: str) -> bool:
    return host in LOOPBACK or host.startswith(("/", "@"))


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
