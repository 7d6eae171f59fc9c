"""A checkout of an app → everything that its files say to Heroku, as one inventory."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from homeport.heroku.files import locks, python
from homeport.heroku.files.app_json import is_heroku, parse_app_json
from homeport.heroku.files.disk import LOCK_BYTES_MAX, is_file, read_text
from homeport.heroku.files.findings import Findings, Place, total
from homeport.heroku.files.heroku_yml import parse_heroku_yml
from homeport.heroku.files.infer import infer_data
from homeport.heroku.files.jobs import JOBS_FILES, parse_jobs
from homeport.heroku.files.json_tree import parse_json
from homeport.heroku.files.lists import parse_aptfile, parse_buildpacks, parse_hook
from homeport.heroku.files.procfile import nested_files, parse_nested, parse_procfile
from homeport.heroku.files.requirements import parse_requirements
from homeport.heroku.records import App, Doubt, Inventory, Other, Process, PythonVersion, Requirements

Parse = Callable[[str, Place], Inventory]
LISTS: dict[str, Parse] = {
    "app.json": parse_app_json,
    "heroku.yml": parse_heroku_yml,
    "Aptfile": parse_aptfile,
    ".buildpacks": parse_buildpacks,
    "bin/pre_compile": parse_hook,
    "bin/post_compile": parse_hook,
    **dict.fromkeys(JOBS_FILES, parse_jobs),
}
VERSIONS: dict[str, Parse] = {"runtime.txt": python.parse_runtime, ".python-version": python.parse_python_version}
LOCKS: dict[str, Parse] = {
    "Pipfile.lock": locks.parse_pipfile_lock,
    "requirements.txt": lambda text, place: parse_requirements(text, place, lambda path: None),
    "poetry.lock": locks.parse_poetry_lock,
    "uv.lock": locks.parse_uv_lock,
}  # in the order in which the buildpack prefers them
UNLOCKED: dict[str, Parse] = {"Pipfile": locks.parse_pipfile, "pyproject.toml": locks.parse_pyproject}
SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE['\"]\s*,\s*['\"](\w+)(?:\.\w+)*['\"]")
INI = re.compile(r"([\w./-]+\.ini)\b")
UNIX_SOCKET = re.compile(r"^\s*(?:http-)?socket\s*=\s*(?:unix:|/|\S+\.sock\b)|^\s*socket\s*=\s*unix\s*$")
MARKERS = ("Procfile", "heroku.yml", "app.json", "manage.py")


def find_marker(folder: Path) -> str:
    """The file that makes a folder a checkout of an app; "" if there is none. Expo's app.json is none."""
    for name in MARKERS:
        if is_file(folder / name) and (name != "app.json" or _is_heroku(folder / name)):
            return name
    return ""


def read_checkout(folder: Path, app: str) -> Inventory:
    """Everything in the folder that Heroku would read. Its App has the stack that app.json or heroku.yml asks for."""
    parts = [_procfiles(folder, app)]
    parts += [_file(folder, name, app, parse) for name, parse in LISTS.items()]
    found = total([*parts, _python(folder, app)])
    return as_app(found + infer_data(folder, app, found), folder, app)


def as_app(found: Inventory, folder: Path, app: str) -> Inventory:
    """With one App, which has the stack that a file asks for, and what the files together leave open."""
    apps = list(found.of(App))
    stack = next((record.stack for record in reversed(apps) if record.stack), "")
    record = App(origin=app, app=app, stack=stack, folder=str(folder))
    records = (record, *(record for record in found.records if not isinstance(record, App)))
    doubts = found.doubts + _conflicts(folder, app, found)
    return Inventory(records, found.unreadable, doubts, found.values)


def _is_heroku(file: Path) -> bool:
    text, doubts = read_text(file, Place("", ""))
    if text is None:
        return bool(doubts)  # it is there and cannot be read: say so
    return is_heroku(parse_json(text, Findings(Place("", ""))))


def _file(folder: Path, name: str, app: str, parse: Parse, bytes_max: int | None = None) -> Inventory:
    """What one file says; nothing if it is not there."""
    place = Place(f"{app}/{name}", app)
    text, doubts = read_text(folder / name, place, *([bytes_max] if bytes_max else []))
    return Inventory(doubts=doubts) if text is None else Inventory(doubts=doubts) + parse(text, place)


def _procfiles(folder: Path, app: str) -> Inventory:
    found = _file(folder, "Procfile", app, parse_procfile)
    for name in dict.fromkeys(nested_files(found)):
        if ".." in Path(name).parts or Path(name).is_absolute():
            found += Inventory(doubts=(Doubt(f"{app}/Procfile", "starts a Procfile outside of the folder; not read"),))
        elif is_file(folder / name):
            found += _file(folder, name, app, parse_nested)
        else:
            found += Inventory(doubts=(Doubt(f"{app}/Procfile", f"starts {name[:100]}, which is not in the folder"),))
    return found


def _python(folder: Path, app: str) -> Inventory:
    """The Python version and the packages that the buildpack would take, and doubts on what it would not."""
    versions = [_file(folder, name, app, parse) for name, parse in VERSIONS.items()]
    dependencies = [_lock(folder, name, app, parse) for name, parse in LOCKS.items() if is_file(folder / name)]
    if not any(True for part in dependencies for _ in part.of(Requirements)):
        dependencies += [_file(folder, name, app, parse) for name, parse in UNLOCKED.items()]
    version = python.choose_version([*versions, *(_only(part, PythonVersion) for part in dependencies)])
    return version + _first([_without(part, PythonVersion) for part in dependencies], app)


def _lock(folder: Path, name: str, app: str, parse: Parse) -> Inventory:
    if name == "requirements.txt":
        return _file(folder, name, app, lambda text, place: parse_requirements(text, place, _reader(folder, app)))
    return _file(folder, name, app, parse, LOCK_BYTES_MAX)


def _reader(folder: Path, app: str) -> Callable[[str], tuple[str, Place] | None]:
    """Reads what a requirements.txt includes, if it lies in the folder."""

    def read(path: str) -> tuple[str, Place] | None:
        place = Place(f"{app}/{path}", app)
        try:
            inside = (folder / path).resolve().is_relative_to(folder.resolve())
        except (OSError, RuntimeError, ValueError):  # a loop of links
            return None
        text, _ = read_text(folder / path, place) if inside else (None, ())
        return None if text is None else (text, place)

    return read


def _first(dependencies: list[Inventory], app: str) -> Inventory:
    """The first Requirements; the others are told as files that are not used."""
    found = total(dependencies)
    read = list(found.of(Requirements))
    if not read:
        return found
    used, unused = read[0], read[1:]
    others = tuple(
        Other(origin=record.origin, app=app, kind="dependencies not used", name=record.origin.rpartition("/")[2])
        for record in unused
    )
    doubts = tuple(
        Doubt(other.origin, f"lies beside {used.origin}, and Heroku wants one of them; {used.origin} was taken")
        for other in others
    )
    return Inventory((used, *others), doubts=found.doubts + doubts)


def _only(found: Inventory, kind: type) -> Inventory:
    return Inventory(tuple(record for record in found.records if isinstance(record, kind)))


def _without(found: Inventory, kind: type) -> Inventory:
    records = tuple(record for record in found.records if not isinstance(record, kind))
    return Inventory(records, doubts=found.doubts)


def _conflicts(folder: Path, app: str, found: Inventory) -> tuple[Doubt, ...]:
    """What the files together leave open."""
    doubts = []
    files = {name for name in ("Procfile", "heroku.yml") if is_file(folder / name)}
    if len(files) == 2:
        text = "and Procfile both exist: Heroku takes heroku.yml if the app's stack is container, else Procfile"
        doubts.append(Doubt(f"{app}/heroku.yml", f"{text}. The Procfile's commands are taken, where it has them"))
    if not any(process.command or process.image for process in found.of(Process)):
        text = "no Procfile or heroku.yml says what it runs; take the commands from Heroku"
        if project := find_django(folder):
            text = f"{text}, or write a Procfile: `web: gunicorn {project}.wsgi`"
        doubts.append(Doubt(app, text))
    return (*doubts, *_nginx_sockets(folder, app, found))


def find_django(folder: Path) -> str:
    """The package of a Django project's settings, after its manage.py; empty if there is none."""
    text, _ = read_text(folder / "manage.py", Place("", "")) if is_file(folder / "manage.py") else (None, ())
    match = SETTINGS.search(text or "")
    return match[1] if match else ""


def _nginx_sockets(folder: Path, app: str, found: Inventory) -> Iterator[Doubt]:
    """Lines of an .ini that a command names, by which uwsgi would listen on a socket of nginx's alone."""
    named = {match[1] for process in found.of(Process) for match in INI.finditer(process.command[:2000])}
    for name in sorted(named):
        if ".." in Path(name).parts or Path(name).is_absolute() or not is_file(folder / name):
            continue
        place = Place(f"{app}/{name}", app)
        text, _ = read_text(folder / name, place)
        for number, line in enumerate((text or "").split("\n"), start=1):
            if UNIX_SOCKET.match(line):
                yield Doubt(place.at(number), "listens on a socket of nginx's: write `http-socket = :$(PORT)`")
