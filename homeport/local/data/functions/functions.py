"""The functions of the account, live: `Functions` follows their versions and aliases and answers invocations."""

import asyncio
import json
import os
import random
import secrets
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from homeport.errors import HomeportError
from homeport.local.data.context import Context, InvokeResult, Live, World
from homeport.local.data.functions import report
from homeport.local.data.functions.definition import Definition, Function, convert_function, split_arn
from homeport.local.data.functions.journal import TAIL_BYTES
from homeport.local.data.functions.launch import INIT_SECONDS, Launcher
from homeport.local.data.functions.pool import Pool
from homeport.local.data.functions.report import Failure, Usage
from homeport.local.data.functions.runtime_api import Invocation
from homeport.local.data.functions.worker import StartFailed
from homeport.local.data.supervisor import Supervisor, supervise

Value = TypeVar("Value")


@dataclass(frozen=True)
class Limits:
    """What this machine grants; AWS's own numbers are larger."""

    account_concurrency: int = 50  # of all functions of an account without a reservation
    cold_starts: int = max(2, os.cpu_count() or 2)  # at one time; more only slow each other down
    init_seconds: float = INIT_SECONDS
    idle_seconds: float = 300.0
    reap_every_seconds: float = 15.0
    appear_seconds: float = 2.0  # how long an invocation waits for a function that the feed has not told yet


class Functions:
    """Part of the data plane. `clock` is monotonic seconds, `chance` draws for weighted aliases."""

    def __init__(
        self,
        context: Context,
        supervisor: Supervisor | None = None,
        limits: Limits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._context = context
        self._limits = limits or Limits()
        self._clock = clock
        self._chance = chance
        self._launcher = Launcher(context, supervisor or supervise(context.home), self._limits.init_seconds)
        self._slots = asyncio.Semaphore(self._limits.cold_starts)
        self._functions: dict[str, Function] = {}
        self._pools: dict[tuple[str, str], tuple[Definition, Pool]] = {}
        self._retired: set[Pool] = set()
        self._running: Counter[str] = Counter()
        self._problems: dict[str, str] = {}  # function ARN → why it cannot run, or runs otherwise than on AWS
        self._tasks: set[asyncio.Task[Any]] = set()
        self._changed = asyncio.Event()
        self._reaper: asyncio.Task[None] | None = None
        self._stopped = False

    async def reconcile(self, world: World) -> None:
        functions = {arn: convert_function(item) for arn, item in world.of("lambda:function").items()}
        if self._reaper is None:
            digests = {item.code_sha256 for function in functions.values() for item in function.versions.values()}
            await self._launcher.tidy(digests)
            self._reaper = asyncio.get_running_loop().create_task(self._reap_for_ever())
        groups = world.of("logs:log-group").values()
        self._launcher.log_groups = frozenset((g.account, g.region, str(g.state["logGroupName"])) for g in groups)
        changed = {arn for arn, function in functions.items() if self._functions.get(arn) != function}
        self._functions = functions
        self._retire_replaced()
        for arn in changed:
            self._spawn(self._prepare(functions[arn]))
        self._changed.set()
        self._changed = asyncio.Event()

    async def invoke(
        self, function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False
    ) -> InvokeResult:
        """Invokes synchronously; LookupError if there is no such function, version or alias.

        A caller that goes away does not stop the function, as on AWS.
        """
        return await asyncio.shield(self._spawn(self._invoke(function_arn, qualifier, payload, log_tail)))

    def reap(self) -> None:
        """Stops processes that have long been idle."""
        for _, pool in self._pools.values():
            pool.reap(self._limits.idle_seconds)
        self._retired = {pool for pool in self._retired if pool.size}

    async def stop(self) -> None:
        self._stopped = True
        if self._reaper:
            self._reaper.cancel()
        pools = [*(pool for _, pool in self._pools.values()), *self._retired]
        await asyncio.gather(*(pool.stop() for pool in pools))
        while self._tasks:
            await asyncio.wait(self._tasks)

    def live(self) -> list[Live]:
        return [self._live(function) for function in self._functions.values()]

    def _live(self, function: Function) -> Live:
        warm = sum(pool.size for (arn, _), (_, pool) in self._pools.items() if arn == function.arn)
        sample = next(iter(function.versions.values()), None)
        aliases = ", ".join(f"{name} → {'/'.join(weights)}" for name, weights in sorted(function.aliases.items()))
        problem = self._problems.get(function.arn, "")
        parts = (sample.runtime if sample else "", aliases, f"{warm} warm", problem.removeprefix("!"))
        detail = " · ".join(part for part in parts if part)
        name = function.arn.split(":")[6]
        return Live(function.arn, "lambda:function", name, live=not problem.startswith("!"), detail=detail)

    async def _prepare(self, function: Function) -> None:
        """Unpacks what will be called, so that the first invocation need not wait for it."""
        problem = ""
        for version in sorted(function.current_versions):
            try:
                ready = await self._launcher.prepare(function.versions[version])
                problem = problem or ready.interpreter.note
            except HomeportError as error:
                problem = f"!{error}"
        self._problems[function.arn] = problem

    def _retire_replaced(self) -> None:
        for (arn, version), (definition, pool) in list(self._pools.items()):
            function = self._functions.get(arn)
            if function is None or function.versions.get(version) != definition:
                pool.retire()
                self._retired.add(pool)
                del self._pools[arn, version]
            elif version not in function.current_versions:
                pool.reap(0)  # an alias has moved on; a call by number still works

    async def _invoke(self, function_arn: str, qualifier: str | None, payload: bytes, log_tail: bool) -> InvokeResult:
        arn, own_qualifier = split_arn(function_arn)
        qualifier = qualifier or own_qualifier
        function, version = await self._find(arn, qualifier)
        if len(payload) > report.REQUEST_BYTES_MAX:
            message = f"Request must be smaller than {report.REQUEST_BYTES_MAX} bytes for the InvokeFunction operation"
            return InvokeResult(Failure("RequestEntityTooLargeException", message).payload(), "Unhandled", version)
        if reason := self._throttle(function):
            body = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
            return InvokeResult(json.dumps(body).encode(), executed_version=version, throttled=True)
        self._running[arn] += 1
        try:
            called = f"{arn}:{qualifier}" if qualifier else arn
            return await self._run(function.versions[version], called, payload, log_tail)
        finally:
            self._running[arn] -= 1

    async def _find(self, arn: str, qualifier: str | None) -> tuple[Function, str]:
        """The function and the version that answers; LookupError if there is none.

        The feed may be a moment behind the API call that made the function or its alias.
        """
        deadline = time.monotonic() + self._limits.appear_seconds
        while True:
            function = self._functions.get(arn)
            version = function.version(qualifier, self._chance) if function else None
            if function and version:
                return function, version
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._changed.wait()
            except TimeoutError:
                name = arn + (f":{qualifier}" if qualifier else "")
                raise LookupError(f"Function not found: {name}") from None

    def _throttle(self, function: Function) -> str | None:
        """Why this invocation may not run now, in the words of TooManyRequestsException."""
        reserved = function.reserved_concurrency
        if reserved is not None:
            return (
                "ReservedFunctionConcurrentInvocationLimitExceeded" if self._running[function.arn] >= reserved else None
            )
        running = sum(
            self._running[arn]
            for arn, other in self._functions.items()
            if other.account == function.account and other.reserved_concurrency is None
        )
        return "ConcurrentInvocationLimitExceeded" if running >= self._limits.account_concurrency else None

    async def _run(self, definition: Definition, called: str, payload: bytes, log_tail: bool) -> InvokeResult:
        invocation = Invocation(str(uuid.uuid4()), called, payload or b"{}", _trace_id())
        try:
            answer = await self._pool(definition).invoke(invocation)
        except StartFailed as error:
            return self._start_failed(definition, invocation, error)
        return InvokeResult(
            answer.payload,
            "Unhandled" if answer.is_error else None,
            definition.version,
            answer.log_tail if log_tail else None,
            answer.usage.duration_ms,
        )

    def _pool(self, definition: Definition) -> Pool:
        if self._stopped:
            raise StartFailed("Runtime.ExitError", returncode=-signal.SIGKILL)
        key = definition.arn, definition.version
        if key not in self._pools:
            pool = Pool(lambda: self._launcher.start(definition), self._slots, self._clock)
            self._pools[key] = definition, pool
        return self._pools[key][1]

    def _start_failed(self, definition: Definition, invocation: Invocation, error: StartFailed) -> InvokeResult:
        """The invocation of a process that never came up has a log too."""
        status = Failure(error.error_type, "", "timeout" if error.is_timeout else "error")
        request_id = invocation.request_id
        lines = [report.start_line(definition, request_id)]
        lines += report.end_lines(definition, request_id, Usage(0.0, 0), status)
        for line in lines:
            self._context.log(definition.account, definition.region, definition.log_group, error.log_stream, line)
        tail = (error.log_tail + "\n".join([*lines, ""]).encode())[-TAIL_BYTES:]
        answer = error.answer(request_id, definition.timeout_seconds)
        return InvokeResult(answer, "Unhandled", definition.version, tail)

    async def _reap_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._limits.reap_every_seconds)
            self.reap()

    def _spawn(self, work: Coroutine[None, None, Value]) -> asyncio.Task[Value]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
