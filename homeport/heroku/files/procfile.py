"""A Procfile → Processes: Heroku's classic grammar, and that of its Fir generation, told apart in doubts.

A line that `homeport.model.procfile` accepts is taken as it does. The classic buildpacks accept more, so that more is
found in the wild: the colon may be missing, and of two lines with one name the last wins
(https://github.com/heroku/buildpacks-procfile/blob/main/SPEC.md). The model refuses these, an import may not.
"""

import re

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.records import Inventory, Other, Process
from homeport.model.procfile import LINE

CLASSIC = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)\s+(.+)")
NO_COMMAND = re.compile(r"([A-Za-z0-9_-]+):")
NAME_MAX = 63
LOOKED_AT = 2_000  # characters of a command that are searched for what is odd
PLACEHOLDER = re.compile(r"\{\{.{0,80}?\}\}|\{%")
NESTED = re.compile(r"\b(honcho|foreman|forego|hivemind|overmind)\b(?=.*\bstart\b)")
NESTED_FILE = re.compile(r"(?:-f|--procfile)[= ]\s*([\w./-]+)")
WRAPPER = re.compile(
    r"\bbin/(start-nginx(?:-[a-z]+)?|start-pgbouncer(?:-[a-z]+)?|start-stunnel|qgsocksify|qgpass|run-dd)\b"
)
CREDENTIALS = re.compile(r"\b[a-z][a-z+]{1,20}://[^\s:/@'\"]{1,200}:[^\s/@'\"$]{1,200}@")
DEVELOPMENT = re.compile(
    r"\bdocker[ -]compose\b|\bmanage\.py runserver\b|\bflask run\b|\b(npm|yarn)( run)? (dev|watch|serve)\b|--watch\b"
)


def parse_procfile(text: str, place: Place) -> Inventory:
    """A Process for each name, with the command of its last line; its origin is that line."""
    found = Findings(place)
    lines: dict[str, tuple[int, str]] = {}
    for number, written in enumerate(text.split("\n"), start=1):
        parsed = _line(number, written.strip(), found)
        if not parsed:
            continue
        name, command = parsed
        if name in lines:
            found.doubt(lines[name][0], f"{name} is written again in line {number}; the last one is taken")
        lines[name] = number, command
    for name, (number, command) in lines.items():
        _doubt_command(name, number, command, found)
        found.records.append(Process(origin=found.at(number), app=found.app, type=name, command=command))
    _doubt_names(lines, found)
    if lines and all(DEVELOPMENT.search(command[:LOOKED_AT]) for _, command in _served(lines)):
        found.doubt(0, "looks like one for development only: check that the app is deployed with it")
    if not lines:
        found.doubt(0, "declares no process")
    return found.inventory()


def parse_nested(text: str, place: Place) -> Inventory:
    """A Procfile that a process starts: what it runs beside each other in one dyno, which Homeport does not split."""
    inner = parse_procfile(text, place)
    processes = tuple(
        Other(
            origin=process.origin,
            app=process.app,
            kind="process in a process",
            name=process.type,
            detail=process.command,
        )
        for process in inner.of(Process)
    )
    return Inventory(processes, doubts=inner.doubts)


def nested_files(inventory: Inventory) -> list[str]:
    """Procfiles that the processes start, as they name them."""
    commands = [process.command[:LOOKED_AT] for process in inventory.of(Process)]
    return [match[1] for command in commands if NESTED.search(command) and (match := NESTED_FILE.search(command))]


def _line(number: int, line: str, found: Findings) -> tuple[str, str] | None:
    if not line or line.startswith("#"):
        return None
    if PLACEHOLDER.search(line[:LOOKED_AT]):
        found.doubt(number, "has a placeholder of a template: this is not yet an app; it is left out")
        return None
    if line.startswith("//"):
        found.doubt(number, "starts with //, a comment to Dokku only; it is left out")
        return None
    if match := LINE.match(line):
        return _named(number, match[1], match[2].strip(), found)
    if match := NO_COMMAND.fullmatch(line):
        found.doubt(number, f"{match[1][:NAME_MAX]} has no command; it is left out")
    elif match := CLASSIC.fullmatch(line):
        found.doubt(number, f"has no colon; it was taken as the process {match[1][:NAME_MAX]}, as Heroku's Cedar does")
        return _named(number, match[1], match[2].strip(), found)
    else:
        found.doubt(number, "is not `process: command`; it is left out")
    return None


def _served(lines: dict[str, tuple[int, str]]) -> list[tuple[int, str]]:
    """The web process, or all if there is none."""
    return [lines["web"]] if "web" in lines else list(lines.values())


def _named(number: int, name: str, command: str, found: Findings) -> tuple[str, str] | None:
    if len(name) > NAME_MAX:
        found.doubt(number, f"the name of a process is longer than {NAME_MAX} characters; it is left out")
        return None
    return name, command


def _doubt_command(name: str, number: int, command: str, found: Findings) -> None:
    is_continued = command.endswith("\\")
    command = command[:LOOKED_AT]
    if is_continued:
        found.doubt(
            number, f"{name} ends with a backslash, but a Procfile has no continued lines; it was taken as it is"
        )
    if wrapper := WRAPPER.search(command):
        found.doubt(number, f"{name} starts {wrapper[0]}, which a buildpack puts there and nothing on AWS does")
    if nested := NESTED.search(command):
        found.doubt(number, f"{name} runs several processes in one dyno with {nested[1]}; they move as one process")
    if DEVELOPMENT.search(command):
        found.doubt(number, f"{name} looks like a command for development, not for Heroku; it was taken as it is")
    if CREDENTIALS.search(command):
        found.doubt(
            number, f"{name} has credentials in its command, which end up wherever the command does; use config"
        )


def _doubt_names(lines: dict[str, tuple[int, str]], found: Findings) -> None:
    """Fir lower-cases names and turns `_` into `-`: two may become one there."""
    fir: dict[str, str] = {}
    for name, (number, _) in lines.items():
        there = name.lower().replace("_", "-").strip("-")
        if there in fir:
            found.doubt(
                number, f"{name} and {fir[there]} are one name to Heroku's Fir; they were kept apart, as by Cedar"
            )
        elif name != name.lower():
            found.doubt(number, f"{name} is {there} to Heroku's Fir; it was kept as written, as by Cedar")
        fir.setdefault(there, name)
