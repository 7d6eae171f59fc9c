"""What is typed as SOURCE and TARGET → two servers. Every command of a move takes both in the same words.

| typed | is |
|---|---|
| `postgres://user:password@host:5432/database` | that database |
| `DATABASE_URL` | the URL in the environment variable of this name |
| `heroku:shop`, `heroku:shop/HEROKU_POSTGRESQL_BLUE` | what DATABASE_URL, or the attachment, of this Heroku app says |
| `prod/main-db` | a database of homeport.yml, in one of its environments |
| `-` | the URL in the next line of stdin |
| nothing | HOMEPORT_SOURCE, HOMEPORT_TARGET, which hold any of these |
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from homeport.errors import HomeportError
from homeport.postgres.server import Server, parse_url

SOURCE, TARGET = "HOMEPORT_SOURCE", "HOMEPORT_TARGET"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HEROKU = re.compile(r"heroku:([a-z][a-z0-9-]*)(?:/([A-Za-z][A-Za-z0-9_]*))?")
DECLARED = re.compile(r"([a-z][a-z0-9-]*)/([a-z][a-z0-9-]*)")
SECRET = re.compile(r"(://[^:@/\s]*):[^\s]*@")
EXPECTED = (
    "expected postgres://user:password@host:5432/database, the name of a variable that holds such a URL, heroku:APP, "
    "heroku:APP/ATTACHMENT, ENVIRONMENT/DATABASE of homeport.yml, or - for a line of stdin"
)
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sides:
    """Both ends of a move. `shown` are the arguments that name them, as they may be shown again: without a password."""

    source: Server
    target: Server
    shown: str


@dataclass(frozen=True)
class Reach:
    """Where names are looked up: variables, the platform's file, and the next line of stdin."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    file: Path = Path("homeport.yml")
    read_line: Callable[[], str] = lambda: sys.stdin.readline()


def takes_sides(command: Command) -> Command:
    """The arguments SOURCE and TARGET of a command."""
    target = click.argument("target", envvar=TARGET)(command)
    return click.argument("source", envvar=SOURCE)(target)


def find_sides(source: str, target: str) -> Sides:
    """Both servers. HomeportError with what is wrong with either."""
    context = click.get_current_context()
    typed = [context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in ("source", "target")]
    if typed == [True, False] and os.environ.get(SOURCE):
        raise click.UsageError(f"one name is given, and {SOURCE} and {TARGET} are set: give both names, or none")
    file = context.find_root().obj
    reach = Reach(file=file) if isinstance(file, Path) else Reach()
    found: list[Server] = []
    wrong: list[HomeportError] = []
    for text, what in ((source, "the source"), (target, "the target")):
        try:
            found.append(find_server(text, what, reach))
        except HomeportError as error:
            wrong.append(error)
    if wrong:
        raise HomeportError("\n".join(error.message for error in wrong), wrong[0].hint)
    shown = " ".join([show(source, "SOURCE"), show(target, "TARGET")]) if any(typed) else ""
    return Sides(found[0], found[1], shown)


def find_server(text: str, what: str, reach: Reach) -> Server:
    """The server of this name; `what` is how errors call it. HomeportError if there is none; it holds no password."""
    if text == "-":
        line = reach.read_line()
        if not line.strip():
            raise HomeportError(f"{what}: stdin holds no line for it", "write a URL to stdin, a line for each -")
        return parse_url(line, f"{what} (stdin)")
    if "://" in text:
        return parse_url(text, what)
    if found := HEROKU.fullmatch(text):
        from homeport.cli.db_heroku import read_url

        return parse_url(read_url(found[1], found[2] or "DATABASE", what), f"{what} ({text})")
    if found := DECLARED.fullmatch(text):
        from homeport.cli.db_declared import find_database

        return find_database(reach.file, found[1], found[2], what)
    if not VARIABLE.fullmatch(text):
        raise HomeportError(f"{what}: is no name of a database", EXPECTED)
    if text not in reach.environment:
        raise HomeportError(f"{what}: there is no environment variable {text}", EXPECTED)
    return parse_url(reach.environment[text], f"{what} (${text})")


def show(text: str, instead: str) -> str:
    """The name as it was typed, if nobody may learn a password from it."""
    return text if any(form.fullmatch(text) for form in (VARIABLE, HEROKU, DECLARED)) else instead


def state_file(state: Path | None, target: Server) -> Path:
    """The file of a move into this target, if the user names none."""
    return state or Path(".homeport") / f"move-{target.host.replace('/', '_')}-{target.port}-{target.database}.sqlite"


def without_passwords(text: str) -> str:
    """The text, with *** for the password of each URL in it."""
    return SECRET.sub(r"\1:***@", text)
