"""One container of a task as a supervised process: its command, environment, output and end."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.local.data.ecs.definition import Container, working_directory
from homeport.local.data.ecs.failure import TaskFailed
from homeport.local.data.ecs.health import Health
from homeport.local.data.logs import Lines
from homeport.local.data.supervisor import Child, Command, Supervisor

# Of the data plane's own environment, what every program needs; nothing that could be a key or a profile.
KEPT = ("LANG", "LC_ALL", "TZ")


@dataclass
class Run:
    """A container and what became of it."""

    container: Container
    bundle: Path
    port: int | None
    child: Child | None = None
    command: Command | None = None
    exit_code: int | None = None
    reason: str = ""
    health: Health = field(default_factory=Health)

    @property
    def status(self) -> str:
        if self.child is None:
            return "PENDING" if self.exit_code is None and not self.reason else "STOPPED"
        return "STOPPED" if self.child.exited.done() else "RUNNING"


@dataclass(frozen=True)
class Settings:
    """What containers of one task share."""

    account: str
    region: str
    task_id: str
    folder: Path  # of the task: home and temporary files
    forced: Mapping[str, str]  # the local account: wins over what is declared
    log: Callable[[str, str, str, str, str], None]


def start_container(run: Run, secrets: Mapping[str, str], settings: Settings, supervisor: Supervisor) -> None:
    """Start it; TaskFailed, in ECS's words, if that is impossible."""
    container = run.container
    if not container.argv:
        raise TaskFailed(f"CannotStartContainerError: {container.name}: no command is declared")
    run.command = Command(
        container.argv,
        what=f"task {settings.task_id} container {container.name}",
        environment=container_environment(run, secrets, settings),
        cwd=working_directory(run.bundle / "app", container.working_directory),
    )
    try:
        run.child = supervisor.start(_found(run.command), _output(container, settings))
    except OSError as error:
        raise TaskFailed(f"CannotStartContainerError: {container.argv[0]}: {error.strerror}") from error
    run.child.exited.add_done_callback(lambda exited: _ended(run, exited))


def container_environment(run: Run, secrets: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """From the weakest to the strongest: this machine, the declaration, its secrets, the local account."""
    programs = run.bundle / "venv" / "bin"
    weakest = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(run.bundle / "venv"),
        "PYTHONUNBUFFERED": "1",  # lines are logged when they are written
        "PYTHONDONTWRITEBYTECODE": "1",  # the bundle is shared
    }
    strongest = {
        **settings.forced,
        "HOST": "127.0.0.1",
        "HOME": str(settings.folder),
        "TMPDIR": str(settings.folder),
    }
    if run.port is not None:
        strongest["PORT"] = str(run.port)
    return {**weakest, **run.container.environment, **secrets, **strongest}


async def stop_container(run: Run, supervisor: Supervisor, most_seconds: float) -> None:
    """SIGTERM, then SIGKILL after the declared time, or `most_seconds` if that is less."""
    if run.child and not run.child.exited.done():
        await supervisor.stop(run.child, min(run.container.stop_seconds, most_seconds))


def _found(command: Command) -> Command:
    """The program by its full path: it is looked for in the container's PATH, not in ours."""
    program = command.argv[0]
    if "/" in program:
        return command
    for folder in command.environment["PATH"].split(os.pathsep):
        candidate = Path(folder) / program
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return Command([str(candidate), *command.argv[1:]], command.what, command.environment, command.cwd)
    raise TaskFailed(f'CannotStartContainerError: exec: "{program}": executable file not found in $PATH')


def _output(container: Container, settings: Settings) -> Callable[[bytes], None]:
    """Both outputs go to the declared log group; each its own lines, so that none is torn apart by the other."""
    target = container.log
    if target is None:
        return lambda piece: None
    stream = "/".join(part for part in (target.stream_prefix, container.name, settings.task_id) if part)
    region = target.region or settings.region
    return Lines(lambda message: settings.log(settings.account, region, target.group, stream, message)).write


def _ended(run: Run, exited: "asyncio.Future[int]") -> None:
    code = exited.result()
    run.exit_code = code if code >= 0 else 128 - code
