"""What the folders of a platform add to it: the Procfile's commands. What is missing in them is found here."""

from collections.abc import Callable
from pathlib import Path

from homeport.errors import HomeportError
from homeport.model.parts import FORMS
from homeport.model.platform import Function, Platform, Process, Schedule, Service, Site
from homeport.model.problems import Place, Problem, show, suggest
from homeport.model.procfile import Line, load_procfile

RELEASE = "release"
HEROKU_ONLY = {RELEASE}  # lines of a Procfile that are not processes


def fill_from_folders(platform: Platform, root: Path) -> tuple[Platform, list[Problem]]:
    """The platform with every process's command, paths being relative to `root`; and what is missing there."""
    found: list[Problem] = []
    services = {}
    for name, service in platform.services.items():
        at: Place = ("services", name)
        found += _folder_problems(root, service.path, (*at, "path"))
        services[name] = _fill(service, root / service.path, at, found)
    for name, function in platform.functions.items():
        found += _folder_problems(root, function.path, ("functions", name, "path"))
        if _is_true((root / function.path).is_dir):
            found += _handler_problems(function, root / function.path, ("functions", name, "handler"))
    for name, site in platform.sites.items():
        found += _folder_problems(root, site.path, ("sites", name, "path"))
        found += _page_problems(site, root / site.path, ("sites", name))
    return platform.model_copy(update={"services": services}), found


def _folder_problems(root: Path, path: str, at: Place) -> list[Problem]:
    if Path(path).is_absolute() or not path:
        return []  # said by `parts.py`
    if not _is_true((root / path).is_dir):
        return [Problem(at, f"{show(path)} is not a folder (relative to homeport.yml)")]
    return []


def _is_true(test: Callable[[], bool]) -> bool:
    """Whether a test of a path holds. It fails for a name that is too long to be any file's."""
    try:
        return test()
    except OSError:
        return False


def _handler_problems(function: Function, folder: Path, at: Place) -> list[Problem]:
    """Lambda imports `a.b.handler` and `a/b.handler` alike, from the folder; a package's code may be in its `src`."""
    if not FORMS["handler"][0].match(function.handler):
        return []  # said by `parts.py`
    module = function.handler.rpartition(".")[0].replace("/", ".")
    files = [f"{module.replace('.', '/')}{ending}" for ending in (".py", "/__init__.py")]
    if "//" not in files[0] and any(
        _is_true((folder / where / file).is_file) for where in ("", "src") for file in files
    ):
        return []
    there = [file.stem for file in folder.glob("*.py")]
    expected = f"{files[0]} or {files[1]} in {show(function.path)}"
    return [Problem(at, f"{show(function.handler)} needs {expected}, and there is none{suggest(module, there)}")]


def _page_problems(site: Site, folder: Path, at: Place) -> list[Problem]:
    """Pages that are not there. A folder with nothing in it is one whose site has not been built yet."""
    if not _is_true(lambda: any(not entry.name.startswith(".") for entry in folder.iterdir())):
        return []
    pages = {site.not_found: "not_found", site.index: "index"}
    return [
        Problem((*at, key), f"{show(page)} is not a file in {show(site.path)}; build the site, or name another")
        for page, key in pages.items()
        if FORMS["object"][0].match(page) and not _is_true((folder / page).is_file)
    ]


def _fill(service: Service, folder: Path, at: Place, found: list[Problem]) -> Service:
    is_there = _is_true(folder.is_dir)
    try:
        lines = load_procfile(folder) if is_there else {}
    except HomeportError as error:
        found += [Problem((*at, "path"), line) for line in error.message.splitlines()]
        return service
    processes = dict(service.processes)
    for name, line in lines.items():
        if name in HEROKU_ONLY or name in service.schedules:
            continue
        problem = _name_problem(folder, line)
        if problem and _is_replaced(name, processes):
            continue
        if problem:
            found.append(Problem((*at, "path"), problem))
        else:
            declared = processes.get(name, Process())
            processes[name] = declared.model_copy(update={"command": declared.command or line.command})
    release = service.release or _command(lines, RELEASE)
    schedules = {
        name: declared.model_copy(update={"command": declared.command or _command(lines, name)})
        for name, declared in service.schedules.items()
    }
    if is_there:
        found += _command_problems(processes, schedules, at)
    return service.model_copy(update={"processes": processes, "schedules": schedules, "release": release})


def _command(lines: dict[str, Line], name: str) -> str | None:
    return lines[name].command if name in lines else None


def _is_replaced(name: str, processes: dict[str, Process]) -> bool:
    """Whether homeport.yml has a process with a command for a line whose name it does not allow: `extra_worker`."""
    declared = processes.get(name.lower().replace("_", "-"))
    return declared is not None and declared.command is not None


def _name_problem(folder: Path, line: Line) -> str:
    allowed = line.process.replace("-", "").isalnum() and line.process == line.process.lower()
    if allowed and line.process[0].isalpha() and len(line.process) <= 24 and "--" not in f"{line.process}-":
        return ""
    return (
        f"{folder / 'Procfile'}:{line.number}: process {show(line.process)} is not a name: "
        "lower-case letters, digits and single hyphens, at most 24, a letter first"
    )


def _command_problems(processes: dict[str, Process], schedules: dict[str, Schedule], at: Place) -> list[Problem]:
    if not processes:
        return [Problem(at, "has no process: write a Procfile in its folder, or `processes` with a `command`")]
    return [
        Problem((*at, kind, name), "has no command, and the Procfile has no line for it")
        for kind, parts in (("processes", processes), ("schedules", schedules))
        for name, part in parts.items()
        if not part.command
    ]
