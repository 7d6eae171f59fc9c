"""A path → an inventory of what is there: a checkout, a Terraform folder, captured answers, or a single file.

A folder can be more than one of these: an app that keeps its Terraform beside its Procfile.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from homeport.errors import HomeportError
from homeport.heroku.files import capture, terraform
from homeport.heroku.files.checkout import LISTS, LOCKS, UNLOCKED, VERSIONS, Parse, as_app, find_marker, read_checkout
from homeport.heroku.files.disk import BYTES_MAX, LOCK_BYTES_MAX, read_text
from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.jobs import JOBS_FILES, parse_jobs
from homeport.heroku.files.procfile import parse_procfile
from homeport.heroku.records import Inventory

LOOKED_FOR = "a Procfile, heroku.yml, Heroku's app.json, manage.py, heroku_* resources, or answers of `heroku … --json`"
FILES: dict[str, Parse] = LISTS | VERSIONS | LOCKS | UNLOCKED
OF_AN_APP = {"Procfile", "app.json", "heroku.yml"}
FOLDERS_MAX = 200  # below a folder that is none, searched for one that is


def read_path(path: Path, app: str = "") -> Inventory:
    """Everything that a path says of Heroku apps. `app` names a checkout's app; by default it is its folder's name.

    Raises HomeportError if there is nothing, or nothing that Heroku would know. What is odd in a file becomes a Doubt.
    """
    try:
        if path.is_dir():
            return _folder(path, app or path.resolve().name or "app")
        return _file(path, app)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links is a RuntimeError, a NUL a ValueError
        reason = getattr(error, "strerror", None) or "is no path that can be followed"
        raise HomeportError(f"{path}: cannot be read: {reason}", "check the path and its permissions") from None


def _folder(folder: Path, label: str) -> Inventory:
    parts = []
    if find_marker(folder):
        parts.append(read_checkout(folder, label))
    elif capture.is_capture(folder):
        parts.append(capture.read_capture(folder, label))
    if terraform.has_resources(folder):
        parts.append(terraform.read_terraform(folder, label))
    if not parts:
        raise HomeportError(f"{folder}: is not a Heroku app: looked for {LOOKED_FOR}", _hint(folder))
    return sum(parts, Inventory())


def _hint(folder: Path) -> str:
    """The folders below that are one, to paste."""
    below = [inner for inner in islice(_folders(folder), FOLDERS_MAX) if find_marker(inner)]
    if below:
        return "homeport import " + " ".join(str(inner) for inner in sorted(below)[:5])
    return "give the folder that holds the Procfile, or import with `homeport import --app NAME`"


def _folders(folder: Path) -> Iterator[Path]:
    return (inner for inner in folder.iterdir() if not inner.name.startswith(".") and _is_readable(inner))


def _is_readable(folder: Path) -> bool:
    try:
        return folder.is_dir() and bool(next(folder.iterdir(), None))
    except OSError:
        return False


def _file(file: Path, app: str) -> Inventory:
    if not file.exists():
        raise HomeportError(f"{file}: does not exist", "give a checkout, a folder of captured answers, or a file")
    folder = file.resolve().parent
    app = app or folder.name or "app"
    place = Place(f"{app}/{file.name}", app)
    parse = _parser(file)
    if not parse:
        raise HomeportError(
            f"{file}: is no file that Heroku reads", f"expected one of Procfile, {', '.join(FILES)}, *.tf"
        )
    text, doubts = read_text(file, place, LOCK_BYTES_MAX if file.name in LOCKS or file.suffix == ".json" else BYTES_MAX)
    if text is None:
        raise HomeportError(f"{file}: {doubts[0].text if doubts else 'does not exist'}", "give a text file")
    found = Inventory(doubts=doubts) + parse(text, place)
    return as_app(found, folder, app) if file.name in OF_AN_APP else found


def _parser(file: Path) -> Parse | None:
    """How a single file is read, by its name."""
    if file.name in FILES:
        return FILES[file.name]
    if file.parent.name == "bin" and f"bin/{file.name}" in FILES:
        return FILES[f"bin/{file.name}"]
    if file.name.startswith("Procfile"):
        return parse_procfile if file.name == "Procfile" else _other_procfile
    if file.suffix == ".tf":
        return lambda text, place: terraform.parse_terraform([(text, Place(place.path, ""))])
    if file.suffix in (".yml", ".yaml") or file.name in JOBS_FILES:
        return parse_jobs
    return capture.find_answer(file)


def _other_procfile(text: str, place: Place) -> Inventory:
    found = Findings(place)
    found.doubt(0, "is not named Procfile: Heroku does not read it; it was read as one")
    return parse_procfile(text, place) + found.inventory()
