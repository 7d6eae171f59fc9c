"""How a project runs gunicorn: the options of the command, of its config file and of GUNICORN_CMD_ARGS."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import libcst as cst

from homeport.doctor.commands import Command, Word
from homeport.doctor.facts import Assignment
from homeport.doctor.finding import Edit
from homeport.doctor.module import Module, parse_module
from homeport.doctor.project import Project

ARGUMENTS = re.compile(r"GUNICORN_CMD_ARGS=(\"[^\"]*\"|'[^']*'|\S*)")
SHORT = {"bind": "-b", "workers": "-w", "worker_class": "-k"}
LONG = {
    "accesslog": "--access-logfile",
    "keepalive": "--keep-alive",
    "forwarded_allow_ips": "--forwarded-allow-ips",
    "errorlog": "--error-logfile",
    "worker_class": "--worker-class",
}


@dataclass(frozen=True, eq=False)
class Gunicorn:
    """A process that runs gunicorn. `is_known` is False where its config file could not be read."""

    command: Command
    word: Word
    config: Module | None
    is_known: bool
    arguments: str = ""  # GUNICORN_CMD_ARGS in homeport.yml

    def sets(self, name: str) -> bool:
        """Whether the setting, by its name in a config file, is given anywhere."""
        return bool(self.value(name)) or (name in SHORT and bool(self.command.option(SHORT[name])))

    def value(self, name: str) -> str:
        """Its value as written: from GUNICORN_CMD_ARGS, the command, or the code of the config file; "" if not set."""
        long = LONG.get(name, f"--{name.replace('_', '-')}")
        names = (long, SHORT[name]) if name in SHORT else (long,)
        given = ARGUMENTS.search(self.command.text)
        for arguments in (given[1].strip("\"'") if given else "", self.arguments):
            if found := Command("", "", arguments, 0, 0, 0).option(*names):
                return found.value
        option = self.command.option(*names)
        if option:
            return option.value
        assignment = self.assignment(name)
        return self.config.code(assignment.value).strip("\"'") if assignment and self.config else ""

    def assignment(self, name: str) -> Assignment | None:
        found = [a for a in self.config.facts.assignments if a.name == name] if self.config else []
        return found[-1] if found else None

    @property
    def keeps_connections(self) -> bool:
        """Whether its workers keep connections open; the plain `sync` ones close each after its answer."""
        threads = self.value("threads")
        worker = self.value("worker_class")
        return (threads not in ("", "1")) or (worker not in ("", "sync"))

    def add(self, name: str, value: str) -> Edit:
        """Writes a setting: into the config file if there is one, else to the end of the command."""
        if self.config is None:
            long = LONG.get(name, f"--{name.replace('_', '-')}")
            return self.command.append_to(self.word, f"{long} {value}")
        text = self.config.text
        lead = "" if not text or text.endswith("\n") else "\n"
        value = value if value.isdigit() or value.startswith("int(") else f'"{value.strip(chr(39))}"'
        return Edit(self.config.file, len(text), len(text), f"{lead}{name} = {value}\n")


def find_gunicorns(project: Project) -> Iterator[Gunicorn]:
    """Each process that runs gunicorn."""
    for command in project.commands:
        word = command.program("gunicorn")
        if word is None:
            continue
        option = command.option("-c", "--config")
        named = option.value.removeprefix("file:").removeprefix("./") if option else "gunicorn.conf.py"
        folder = re.match(r"cd\s+([\w./-]+)\s*&&", command.text)
        path = str(PurePosixPath(folder[1] if folder else ".") / named)
        text = project.texts.get(path)
        config = _config(project, path) if text is not None else None
        is_known = config is not None or (option is None and text is None)
        yield Gunicorn(command, word, config, is_known, project.deployed.environment.get("GUNICORN_CMD_ARGS", ""))


def _config(project: Project, path: str) -> Module | None:
    if path.endswith(".py"):
        return project.module(path)
    try:
        return parse_module(path, project.texts[path])
    except (cst.ParserSyntaxError, ValueError, RecursionError):
        return None
