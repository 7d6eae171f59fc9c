"""A definition → a process that takes invocations: code and interpreter made ready once, started as often as needed."""

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import HomeportError
from homeport.local.data.context import Context
from homeport.local.data.functions import code, interpreter, report
from homeport.local.data.functions.definition import Definition, environment
from homeport.local.data.functions.interpreter import Interpreter
from homeport.local.data.functions.journal import Journal
from homeport.local.data.functions.report import Failure
from homeport.local.data.functions.worker import StartFailed, Worker
from homeport.local.data.supervisor import Command, Supervisor

Value = TypeVar("Value")

INIT_SECONDS = 10.0  # AWS's own limit; a second try then has the function's own time-out


@dataclass(frozen=True)
class Ready:
    """What a process of a version is started with."""

    interpreter: Interpreter
    folder: Path


class Launcher:
    """Prepares and starts processes; keeps its folders under the home's `lambda/`."""

    def __init__(self, context: Context, supervisor: Supervisor, init_seconds: float = INIT_SECONDS) -> None:
        self._context = context
        self._supervisor = supervisor
        self._init_seconds = init_seconds
        store = context.home.functions
        self._code, self._runtimes, self._scratch = store / "code", store / "runtimes", store / "tmp"
        self.log_groups: frozenset[tuple[str, str, str]] = frozenset()  # that exist: account, region, name
        self._folders: dict[str, asyncio.Task[Path]] = {}
        self._interpreters: dict[str, asyncio.Task[Interpreter]] = {}

    async def tidy(self, used: set[str]) -> None:
        """Removes what an earlier run left: temporary folders, and code whose `CodeSha256` is not in `used`."""
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        folders = set()
        for digest in used:
            with contextlib.suppress(HomeportError):  # said when that function is prepared
                folders.add(code.folder_name(digest))
        await asyncio.to_thread(code.remove_unused, self._code, folders)

    async def prepare(self, definition: Definition) -> Ready:
        """Raises HomeportError when the function cannot run here; the next call tries again."""
        runtime, digest = definition.runtime, definition.code_sha256
        interpreter_ = await _once(self._interpreters, runtime, lambda: interpreter.prepare(runtime, self._runtimes))
        return Ready(interpreter_, await _once(self._folders, digest, lambda: self._unpack(definition)))

    async def start(self, definition: Definition) -> Worker:
        """A process that waits for work; raises StartFailed."""
        try:
            ready = await self.prepare(definition)
        except HomeportError as error:
            failure = Failure("Runtime.InvalidEntrypoint", str(error))
            raise StartFailed(failure.error_type, failure.payload()) from error
        await self._context.data_ready()
        await self._create_log_group(definition)
        try:
            return await self._start_once(definition, ready, self._init_seconds)
        except StartFailed as error:
            if not error.is_timeout:
                raise
        return await self._start_once(definition, ready, definition.timeout_seconds)

    async def _create_log_group(self, definition: Definition) -> None:
        """Lambda makes the log group of a function that has none."""
        if (definition.account, definition.region, definition.log_group) in self.log_groups:
            return
        client = self._context.aws("logs", definition.account, definition.region)
        with contextlib.suppress(ClientError, BotoCoreError):  # there already, and the feed is a moment behind
            await asyncio.to_thread(client.create_log_group, logGroupName=definition.log_group)

    def _unpack(self, definition: Definition) -> Path:
        archive = Path(definition.code_path)
        if not definition.code_path or not archive.is_file():
            raise HomeportError(f"{definition.name}: its code {definition.code_path or '(none)'} is not there")
        return code.unpack(archive, self._code / code.folder_name(definition.code_sha256))

    async def _start_once(self, definition: Definition, ready: Ready, limit_seconds: float) -> Worker:
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{definition.version}]{secrets.token_hex(16)}"
        scratch = self._scratch / stream.rpartition("]")[2]
        scratch.mkdir(parents=True, exist_ok=True)
        write_line = self._line_writer(definition, stream)
        worker = Worker(definition, Journal(write_line), scratch)
        worker.journal.write(report.init_start_line(definition, ready.interpreter.version))
        started = False
        try:
            address = await worker.listen()
            here = self._context.task_environment(definition.account, definition.region)
            variables = environment(definition, ready.interpreter.python, ready.folder, stream, here)
            pipe = worker.journal.write_end
            command = Command(
                argv=(*_into(pipe), str(ready.interpreter.python), "-m", "awslambdaric", definition.handler),
                what=f"function {definition.name} {definition.version}",
                environment={**variables, "AWS_LAMBDA_RUNTIME_API": address, "TMPDIR": str(scratch)},
                cwd=ready.folder,
                pass_fds=(pipe,),
            )
            await worker.start(self._supervisor, command, limit_seconds)
            started = True
        except StartFailed as error:
            error.log_stream, error.log_tail = stream, worker.journal.tail()
            raise
        finally:
            if not started:  # failed, or called off
                await worker.stop()
        return worker

    def _line_writer(self, definition: Definition, stream: str) -> Callable[[str], None]:
        account, region, group, log = definition.account, definition.region, definition.log_group, self._context.log
        return lambda line: log(account, region, group, stream, line)


def _into(descriptor: int) -> tuple[str, ...]:
    """Starts what follows with both outputs into one pipe, so that they stay in order."""
    return "/bin/sh", "-c", 'exec "$@" >"$0" 2>&1', f"/dev/fd/{descriptor}"


async def _once(tasks: dict[str, asyncio.Task[Value]], key: str, make: Callable[[], Value]) -> Value:
    """Runs the blocking `make` in a thread, once per key for all who ask; a failure is not remembered."""
    task = tasks.get(key)
    if task is None:
        task = tasks[key] = asyncio.get_running_loop().create_task(asyncio.to_thread(make))
        task.add_done_callback(lambda done: tasks.pop(key) if done.cancelled() or done.exception() else None)
    return await asyncio.shield(task)
