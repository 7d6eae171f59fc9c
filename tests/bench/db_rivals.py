"""The other ways to move a database from server to server, in the forms in which they are used: by name, for the bench.

pgcopydb and pgloader take part if they are in PATH. Nobody but pgcopydb analyses what it has copied.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from homeport.postgres.server import Server, program_environment

Rival = Callable[[Server, Server], None]
FORMS = {
    "pg_dump -Fc | pg_restore": (),
    "pg_dump -Fc -Z0 | pg_restore": ("-Z0",),
}
FOLDERS = {
    "pg_dump -Fd -j2, pg_restore -j2": (),
    "pg_dump -Fd -j2 -Z1, pg_restore -j2": ("-Z1",),
    "pg_dump -Fd -j2 -Z0, pg_restore -j2": ("-Z0",),
}
PGCOPYDB = {
    "pgcopydb clone": (),
    "pgcopydb clone, binary": ("--use-copy-binary",),
    # VACUUM ANALYZE is one step there; its --skip-analyze is about estimates on the source.
    "pgcopydb clone, not analysed": ("--skip-vacuum",),
    "pgcopydb clone, binary, not analysed": ("--use-copy-binary", "--skip-vacuum"),
}


def find_rivals() -> dict[str, Rival]:
    """Each copies the first database into the second; CalledProcessError if it could not. Says who is missing."""
    rivals: dict[str, Rival] = {name: partial(_pipe, options) for name, options in FORMS.items()}
    rivals |= {name: partial(_folder, options) for name, options in FOLDERS.items()}
    if shutil.which("pgcopydb"):
        known = subprocess.run(["pgcopydb", "clone", "--help"], capture_output=True, text=True)
        for name, options in PGCOPYDB.items():
            if missing := [option for option in options if option not in known.stdout + known.stderr]:
                print(f"{name}: left out, this pgcopydb has no {missing[0]}")
            else:
                rivals[name] = partial(_pgcopydb, options)
    else:
        print("pgcopydb: left out, it is not in PATH")
    if shutil.which("pgloader"):
        rivals["pgloader"] = _pgloader
    else:
        print("pgloader: left out, it is not in PATH")
    return rivals


def tool_of(name: str) -> str:
    """Whose forms leave the same database behind and are alternatives; "" for what is no rival."""
    tool = name.partition(" ")[0]
    if tool not in ("pg_dump", "pgcopydb", "pgloader"):
        return ""
    return f"{tool}, not analysed" if "not analysed" in name else tool


def _pipe(options: tuple[str, ...], source: Server, target: Server) -> None:
    dump = ["pg_dump", "-Fc", *options, "-O", "-x"]
    with subprocess.Popen(dump, stdout=subprocess.PIPE, env=_environment(source)) as one:
        restore = ["pg_restore", "-O", "-x", "-d", target.database]
        subprocess.run(restore, stdin=one.stdout, env=_environment(target), check=True, capture_output=True)
    if one.returncode:
        raise subprocess.CalledProcessError(one.returncode, dump)


def _folder(options: tuple[str, ...], source: Server, target: Server) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dump = ["pg_dump", "-Fd", "-j2", *options, "-O", "-x", "-f", f"{folder}/dump"]
        subprocess.run(dump, env=_environment(source), check=True, capture_output=True)
        restore = ["pg_restore", "-j2", "-O", "-x", "-d", target.database, f"{folder}/dump"]
        subprocess.run(restore, env=_environment(target), check=True, capture_output=True)


def _pgcopydb(options: tuple[str, ...], source: Server, target: Server) -> None:
    with tempfile.TemporaryDirectory() as folder:
        urls = {"PGCOPYDB_SOURCE_PGURI": _url(source), "PGCOPYDB_TARGET_PGURI": _url(target)}
        command = ["pgcopydb", "clone", "--no-owner", "--no-acl", *options, "--dir", f"{folder}/work"]
        subprocess.run(command, env=os.environ | urls, check=True, capture_output=True, start_new_session=True)


def _pgloader(source: Server, target: Server) -> None:
    """Its `require` verifies, in a way that cannot succeed here; with `prefer` it uses TLS all the same."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "load"
        ends = f"FROM {_url(source, 'prefer')} INTO {_url(target, 'prefer')}"
        script.write_text(f"LOAD DATABASE {ends} WITH workers = 4, concurrency = 1;\n")
        authority = {"SSL_CERT_FILE": dict(target.ssl_files).get("sslrootcert", "")}
        command = ["pgloader", "--root-dir", folder, "--on-error-stop", str(script)]
        subprocess.run(command, env=os.environ | authority, check=True, capture_output=True)


def _environment(server: Server) -> dict[str, str]:
    return program_environment(server, application="bench")


def _url(server: Server, tls: str = "require") -> str:
    place = f"{server.host}:{server.port}/{server.database}"
    return f"postgresql://{server.user}:{server.password}@{place}?sslmode={tls if server.ssl_files else 'disable'}"
