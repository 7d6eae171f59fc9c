"""What the folders of a platform add to it: the Procfile's commands. Missing folders are found here."""

from pathlib import Path

from homeport.errors import HomeportError
from homeport.model.platform import Platform, Process, Service
from homeport.model.problems import Place, Problem, show
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
    for kind, parts in (("functions", platform.functions), ("sites", platform.sites)):
        for name, part in parts.items():
            found += _folder_problems(root, part.path, (kind, name, "path"))
    return platform.model_copy(update={"services": services}), found


def _folder_problems(root: Path, path: str, at: Place) -> list[Problem]:
    if Path(path).is_absolute() or not path:
        return []  # said by `parts.py`
    if "\0" in path or not (root / path).is_dir():
        return [Problem(at, f"{show(path)} is not a folder (relative to homeport.yml)")]
    return []


def _fill(service: Service, folder: Path, at: Place, found: list[Problem]) -> Service:
    try:
        lines = load_procfile(folder) if "\0" not in service.path and folder.is_dir() else {}
    except HomeportError as error:
        found += [Problem((*at, "path"), line) for line in error.message.splitlines()]
        return service
    processes = dict(service.processes)
    for name, line in lines.items():
        if name in HEROKU_ONLY:
            continue
        problem = _name_problem(folder, line)
        if problem and _is_replaced(name, processes):
            continue
        if problem:
            found.append(Problem((*at, "path"), problem))
        else:
            declared = processes.get(name, Process())
            processes[name] = declared.model_copy(update={"command": declared.command or line.command})
    release = service.release or (lines[RELEASE].command if RELEASE in lines else None)
    if folder.is_dir():
        found += _command_problems(processes, at)
    return service.model_copy(update={"processes": processes, "release": release})


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


def _command_problems(processes: dict[str, Process], at: Place) -> list[Problem]:
    if not processes:
        return [Problem(at, "has no process: write a Procfile in its folder, or `processes` with a `command`")]
    return [
        Problem((*at, "processes", name), "has no command, and the Procfile has no line for it")
        for name, process in processes.items()
        if not process.command
    ]
