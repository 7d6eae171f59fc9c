"""Real PostgreSQL clusters for tests: of every major version on this machine, with TLS, and with roles like Heroku's.

A `Cluster` is one server on a port of its own, with data in a folder that goes when it is closed. `heroku_like` and
`rds_like` make a fresh database in it, owned by a role that may do exactly what Heroku's, or RDS's, may.
"""

import base64
import datetime
import hashlib
import hmac
import ipaddress
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg import sql

from homeport.errors import HomeportError
from homeport.local.data.rds.binaries import Binaries, find_binaries, find_user, make_runnable
from homeport.postgres.server import Server

MAJORS = tuple(str(major) for major in range(13, 20))
ADMIN = "postgres"
SETTINGS = {
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
    "lc_messages": "C",
    "max_wal_size": "2GB",
}
# Without fsync nothing has to survive this machine, so data may lie in memory, where there is enough: a database is 300
# files, which take 300 ms of processor time on a disk's file system, and 50 there.
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 8 << 30
IN_MEMORY = {
    "dynamic_shared_memory_type": "mmap",  # a crash would leave its files beside the cluster's folder
    "max_wal_size": "512MB",
}
HEROKU_GROUPS = ("pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_signal_backend")
READY_SECONDS = 60.0


def need(major: str) -> Binaries:
    """PostgreSQL of this major version; without it the test is skipped, except in CI."""
    try:
        return make_runnable(find_binaries(major), find_user())
    except HomeportError as error:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(error.message)
        raise  # neither returns


@lru_cache
def installed_majors() -> tuple[str, ...]:
    """Major versions that can be run here, oldest first."""
    return tuple(major for major in MAJORS if _is_installed(major))


def has_memory() -> bool:
    """Whether data may lie there."""
    return MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN


class Cluster:
    """One server of one major version. `settings` add to postgresql.conf; TLS is required where the server can."""

    def __init__(self, major: str, settings: Mapping[str, str] = {}, *, encoding: str = "UTF8", locale: str = "C"):
        self.major, self.binaries, self.port = major, need(major), _free_port()
        in_memory = (SETTINGS | dict(settings))["fsync"] == "off" and has_memory()
        settings = SETTINGS | (IN_MEMORY if in_memory else {}) | dict(settings)
        self.folder = Path(tempfile.mkdtemp(prefix=f"homeport-pg{major}-", dir=MEMORY if in_memory else None))
        self.folder.chmod(0o711)
        self.data = self.folder / "data"
        self._password = secrets.token_urlsafe(12)
        self._user = find_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._session: psycopg.Connection[tuple[object, ...]] | None = None
        try:
            self._create(settings, encoding, locale)
            self.start()
            self.execute(f"ALTER ROLE {ADMIN} PASSWORD '{scram_secret(self._password)}'")
        except BaseException:
            self.close()
            raise

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def has_tls(self) -> bool:
        return (self.data / "server.key").exists()

    def admin(self, database: str = "postgres") -> Server:
        """The superuser: for building what a test needs, never for what is tested."""
        return self.server(ADMIN, self._password, database)

    def server(self, user: str, password: str, database: str) -> Server:
        ssl_mode = "verify-full" if self.has_tls else "disable"
        files = (("sslrootcert", str(self.folder / "ca.pem")),) if self.has_tls else ()
        return Server("127.0.0.1", self.port, user, database, password, ssl_mode, files)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.binaries.program("postgres"), "-D", str(self.data)],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._identity(),
            )
        until = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from error
                time.sleep(0.02)

    def stop(self, mode: str = "fast") -> None:
        """`fast` rolls back and writes everything; `immediate` is a crash, and the next start recovers."""
        if self._session:
            self._session.close()
        if self._process and self.is_running:
            self._process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
            self._process.wait(30)

    def reset(self) -> bool:
        """Take away all databases and roles that were made; False if it is not as it was even so."""
        if not self.is_running:
            return False
        try:
            for (name,) in self.execute(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
            ):
                self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))
            for (name,) in self.execute(
                f"SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> '{ADMIN}'"
            ):
                self.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(str(name))))
            left = "SELECT gid FROM pg_prepared_xacts UNION ALL SELECT slot_name::text FROM pg_replication_slots"
            return not self.execute(left)
        except psycopg.Error:
            return False

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str | sql.Composable, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the superuser; its rows. The session in `postgres` is kept: each costs some 15 ms."""
        if database != "postgres":
            return run_sql(self.admin(database), statement)
        if self._session is None or self._session.closed:
            self._session = _open(self.admin())
        return _run(self._session, statement)

    def create_database(self, owner: str | None = None, options: str = "") -> str:
        """A fresh database of this name, made from template0."""
        name = f"d{secrets.token_hex(5)}"
        owned = f" OWNER {owner}" if owner else ""
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0{owned} {options}")
        self.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        return name

    def create_tablespace(self) -> str:
        """A tablespace in a part of the disk of its own, where nothing was deleted lately.

        For minutes ext4 passes over the inodes of deleted files, one by one, whenever it makes one in the same group
        (recently_deleted in fs/ext4/ialloc.c): a schema of 220 tables takes 1.0 s instead of 0.3 s where a database has
        just been dropped. Folders below one with the flag T (chattr(1)) are spread over the groups.
        """
        places = self.folder / "places"
        if not places.exists():
            places.mkdir(mode=0o711)
            subprocess.run(["chattr", "+T", str(places)], capture_output=True, check=False)  # other file systems: no
        name = f"t{secrets.token_hex(5)}"
        (places / name).mkdir(mode=0o700)
        self._own(places / name)
        self.execute(f"CREATE TABLESPACE {name} LOCATION '{places / name}'")
        return name

    def _create(self, settings: Mapping[str, str], encoding: str, locale: str) -> None:
        self.data.mkdir(mode=0o700)
        password = self.folder / "given"
        password.write_text(self._password)
        self._own(self.data, password)
        command = [self.binaries.program("initdb"), "-D", str(self.data), "-U", ADMIN, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", f"--encoding={encoding}", f"--locale={locale}", "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self._identity())
        if done.returncode:
            raise RuntimeError(done.stderr)
        password.unlink()
        own = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        if self._knows_tls():
            self._own(*make_certificates(self.folder, self.data))
            own |= {"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
        lines = [f"{name} = '{value}'\n" for name, value in (own | dict(settings)).items()]
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.writelines(lines)
        kind = "hostssl" if self.has_tls else "host"
        (self.data / "pg_hba.conf").write_text(f"{kind} all,replication all 127.0.0.1/32 scram-sha-256\n")

    def _knows_tls(self) -> bool:
        command = [self.binaries.program("postgres"), "-D", str(self.data), "-C", "ssl_library"]
        return subprocess.run(command, capture_output=True, text=True, **self._identity()).stdout.strip() == "OpenSSL"

    def _own(self, *paths: Path) -> None:
        for path in paths if self._user else ():
            shutil.chown(path, self._user.uid, self._user.gid)  # type: ignore[union-attr]

    def _identity(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user.uid, "group": self._user.gid, "extra_groups": ()}


def heroku_like(cluster: Cluster, extensions: Sequence[str] = (), *, options: str = "") -> Server:
    """A fresh database and its owner, with exactly the rights of Heroku's default credential.

    No superuser, no replication; owner of its database; member of the monitoring roles and pg_signal_backend;
    `extensions` are the superuser's, in schema heroku_ext. `options` are CREATE DATABASE's.
    """
    server = _owner(cluster, "u", options)
    cluster.execute(f"GRANT {', '.join(HEROKU_GROUPS)} TO {server.user}")
    if extensions:
        cluster.execute("CREATE SCHEMA heroku_ext", server.database)
        cluster.execute(f"GRANT USAGE ON SCHEMA heroku_ext TO {server.user}", server.database)
        for name in extensions:
            cluster.execute(f'CREATE EXTENSION "{name}" SCHEMA heroku_ext', server.database)
        cluster.execute(f'ALTER DATABASE {server.database} SET search_path = "$user", public, heroku_ext')
    return server


def rds_like(cluster: Cluster, *, options: str = "") -> Server:
    """A fresh database and its owner, who may what a member of rds_superuser may and this server can grant.

    Creates databases and roles; from 15 on sets session_replication_role; no superuser, no replication.
    """
    server = _owner(cluster, "app", options)
    cluster.execute(f"ALTER ROLE {server.user} CREATEDB CREATEROLE")
    cluster.execute(f"GRANT {', '.join(HEROKU_GROUPS)} TO {server.user} WITH ADMIN OPTION")
    if int(cluster.major) >= 15:
        cluster.execute(f"GRANT SET ON PARAMETER session_replication_role TO {server.user}")
    return server


def run_sql(server: Server, *statements: str | sql.Composable) -> list[tuple[object, ...]]:
    """Run statements, each committed by itself, with the server's own settings; the last one's rows."""
    with _open(server) as connection:
        rows: list[tuple[object, ...]] = []
        for statement in statements:
            rows = _run(connection, statement)
        return rows


def _open(server: Server) -> psycopg.Connection[tuple[object, ...]]:
    parameters = {"host": server.host, "port": server.port, "user": server.user, "dbname": server.database}
    parameters |= {"password": server.password, "sslmode": server.ssl_mode, **dict(server.ssl_files)}
    return psycopg.connect(**parameters, autocommit=True, connect_timeout=5)


def _run(
    connection: psycopg.Connection[tuple[object, ...]], statement: str | sql.Composable
) -> list[tuple[object, ...]]:
    cursor = connection.execute(statement)  # type: ignore[arg-type]
    return cursor.fetchall() if cursor.description else []


def make_certificates(authority: Path, data: Path) -> tuple[Path, Path]:
    """`ca.pem` in `authority`; server.crt and server.key in `data`, for localhost."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "homeport test authority")])
    root = _certificate(name, name, authority_key, authority_key, is_authority=True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = _certificate(subject, name, key, authority_key, is_authority=False)
    (authority / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (data / "server.crt").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    secret = data / "server.key"
    secret.touch(mode=0o600)
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return data / "server.crt", secret


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _owner(cluster: Cluster, prefix: str, options: str) -> Server:
    user, password = f"{prefix}{secrets.token_hex(5)}", secrets.token_urlsafe(12)
    cluster.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{scram_secret(password)}'")
    database = cluster.create_database(user, options)
    if int(cluster.major) < 15:
        cluster.execute(f"ALTER SCHEMA public OWNER TO {user}", database)
    return cluster.server(user, password, database)


def scram_secret(password: str) -> str:
    """What a server keeps of a password (RFC 5803), of one round: its usual 4,096 cost each connection milliseconds."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    client, server = (hmac.digest(salted, words, "sha256") for words in (b"Client Key", b"Server Key"))
    stored = hashlib.sha256(client).digest()
    kept, key, own = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256$1:{kept}${key}:{own}"


def _is_installed(major: str) -> bool:
    try:
        find_binaries(major)
    except HomeportError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
