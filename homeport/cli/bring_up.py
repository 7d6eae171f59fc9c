"""Bringing the platform up on this machine: planes → stacks → deploys, side by side where nothing has to wait.

1. render    the live tree is on disk
2. planes    the account answers; what ran before runs again
3. stacks    foundation, then apps; skipped if neither the live tree nor the modules changed since the last apply
4. build     images and packages, in threads, while Terraform waits for AWS
5. deploy    each service, function and site as soon as Terraform has made what it needs
6. steady    every service runs its current release

Stopped anywhere, the next `up` goes on: Terraform has its state, deploys compare what is wanted with what runs.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from homeport.cli.board import Board, Step
from homeport.cli.config_values import read_config
from homeport.cli.local import ENVIRONMENT, Local
from homeport.cli.stack_steps import StackSteps
from homeport.cli.workspace import open_workspace
from homeport.deploy.bundle import build_bundle
from homeport.deploy.function import build_function, deploy_function
from homeport.deploy.service import PHASE, deploy_service
from homeport.deploy.site import deploy_site
from homeport.deploy.steady import wait_until_steady
from homeport.deploy.target import Deployed, Target
from homeport.errors import HomeportError
from homeport.local.account import control_url
from homeport.local.demo import ensure_demo_user
from homeport.local.inventory import read_live
from homeport.local.session import start_planes
from homeport.model import names
from homeport.terraform import live, run
from homeport.terraform.events import Event
from homeport.terraform.tool import Tool, find_tool

STEADY_SECONDS = 120
LIVE_SECONDS, BLOCKED_SECONDS, POLL_SECONDS = 60, 5, 0.2
THREADS = 4


@dataclass
class Outcome:
    """What came of it: who could not be deployed, and what was noticed."""

    failures: list[HomeportError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def bring_up(local: Local, board: Board, *, detached: bool) -> Outcome:
    """Bring everything up. Raises HomeportError if the account cannot be built; a service that fails is an outcome."""
    find_tool(dict(os.environ))  # before anything starts
    step = board.step("account on this machine")
    start_planes(local.home, dies_with_us=not detached, progress=step.note)
    step.done(control_url(local.home))
    deploys = Deploys(local, board)
    try:
        apply_stacks(local, board, deploys)
        deploys.everything()
        outcome = deploys.wait()
    except BaseException:
        deploys.abandon()
        raise
    _demo_user(local)
    if not outcome.failures:
        _wait_live(local, board)
    return outcome


def apply_stacks(local: Local, board: Board, deploys: "Deploys") -> None:
    """Render the live tree and apply both stacks, unless this very tree was applied before."""
    files = live.render_live_tree(local.platform, ENVIRONMENT, cognito_endpoint=control_url(local.home))
    digest, applied = live.digest_of(files), local.home.path / "applied"
    if applied.is_file() and applied.read_text() == digest:
        board.step("stacks").skipped("nothing changed since the last apply")
        return
    applied.unlink(missing_ok=True)
    workspace = open_workspace(local.file, ENVIRONMENT)
    for stack in workspace.stacks:
        _apply(workspace.tool, stack, board, deploys.hear)
        deploys.stack_is_there(stack.name)
    applied.write_text(digest)


def _apply(tool: Tool, stack: run.Stack, board: Board, hear: Callable[[Event], None]) -> None:
    steps = StackSteps(board, stack.name)

    def listen(event: Event) -> None:
        steps(event)
        hear(event)

    try:
        run.init(tool, stack, listen)
        run.apply_unasked(tool, stack, listen)
    except BaseException:
        steps.failed()
        raise
    steps.done()


class Deploys:
    """Builds and deploys in threads; each service, function and site once."""

    def __init__(self, local: Local, board: Board) -> None:
        self._local = local
        self._board = board
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="deploy")
        self._steps: dict[str, Step] = {}
        self._builds: dict[str, Future[object]] = {}
        self._deploys: dict[str, Future[Deployed]] = {}
        self._awaited = _awaited(local)
        store = local.home.bundles
        store.mkdir(parents=True, exist_ok=True)
        self._target = Target(
            platform=local.platform,
            environment=ENVIRONMENT,
            root=local.folder,
            store=store,
            client=local.client,
            say=lambda name, text: self._steps[name].update(text) if name in self._steps else None,
            config=read_config(local.file, local.platform.services),
        )

    def build_ahead(self) -> None:
        """Begin to build everything, once; a deploy waits for its build."""
        if self._builds:
            return
        platform, root, store = self._local.platform, self._local.folder, self._target.store
        for name, service in platform.services.items():
            python = service.python or platform.python
            self._builds[name] = self._pool.submit(_bundle, root / service.path, python, store, service.environment)
        for name in platform.functions:
            self._builds[name] = self._pool.submit(build_function, platform, name, root, store, is_here=True)

    def hear(self, event: Event) -> None:
        """Deploy what Terraform has just made everything for.

        Builds begin when it begins to wait for AWS: before, they would take the processor from its plan.
        """
        if event.state == "running":
            self.build_ahead()
        if event.state != "done":
            return
        for name, addresses in self._awaited.items():
            if event.address in addresses:
                addresses.discard(event.address)
                if not addresses:
                    self._submit(name)

    def stack_is_there(self, stack: str) -> None:
        """A whole stack is as it should be: sites need the foundation only."""
        if stack == "foundation":
            for name in self._local.platform.sites:
                self._submit(name)

    def everything(self) -> None:
        """Deploy whatever has not been begun."""
        self.build_ahead()
        platform = self._local.platform
        for name in (*platform.services, *platform.functions, *platform.sites):
            self._submit(name)

    def wait(self) -> Outcome:
        """Wait for all deploys."""
        outcome = Outcome()
        for future in self._deploys.values():
            try:
                outcome.warnings += [f"{future.result().name}: {text}" for text in future.result().warnings]
            except HomeportError as error:
                outcome.failures.append(error)
        self._pool.shutdown()
        return outcome

    def abandon(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, name: str) -> None:
        if name not in self._deploys:
            platform = self._local.platform
            for listener in _listeners(self._local, name):
                self._submit(listener)  # before: its thread does not wait for one behind it
            kind = "service" if name in platform.services else "function" if name in platform.functions else "site"
            self._steps[name] = self._board.step(f"{kind} {name}")
            self._deploys[name] = self._pool.submit(self._deploy, name, kind)

    def _deploy(self, name: str, kind: str) -> Deployed:
        step = self._steps[name]
        try:
            if name in self._builds:
                step.update("building")
                self._builds[name].result()
            deployed = {"service": self._service, "function": deploy_function, "site": deploy_site}[kind](
                self._target, name
            )
        except HomeportError as error:
            step.failed(error.message.splitlines()[0])
            raise
        except BaseException as error:
            step.failed(str(error))
            raise
        version = f"{deployed.version} " if deployed.version else ""
        step.done(f"{version}deployed" if deployed.changed else f"{version}unchanged")
        return deployed

    def _service(self, target: Target, name: str) -> Deployed:
        def wait_for_listeners() -> None:
            for listener in _listeners(self._local, name):
                self._steps[name].update(f"waiting for {listener}")
                self._deploys[listener].exception()

        deployed = deploy_service(target, name, before_code_runs=wait_for_listeners)
        self._steps[name].update("waiting for healthy tasks")
        wait_until_steady(target, name, STEADY_SECONDS, deployed.version)
        return deployed


def _wait_live(local: Local, board: Board) -> None:
    """After a warm start ECS remembers a steady state: wait until the tasks themselves are there again.

    Not long for what is blocked, a port for instance: it may be free again in a moment, else the user has to act.
    """
    step, began = board.step("everything live"), time.monotonic()
    while missing := [thing for thing in read_live(local.home) if not thing["live"]]:
        names = ", ".join(str(thing["name"]) for thing in missing)
        waited = time.monotonic() - began
        if waited > LIVE_SECONDS:
            step.failed(f"not yet: {names}")
            return
        if waited > BLOCKED_SECONDS and all(thing["blocked"] for thing in missing):
            step.failed("; ".join(f"{thing['name']}: {thing['detail']}" for thing in missing))
            return
        step.update(f"waiting for {names}")
        time.sleep(POLL_SECONDS)
    step.done()


def _listeners(local: Local, name: str) -> list[str]:
    """Functions that hear what a service publishes: the placeholder must not get the messages of its release phase."""
    service = local.platform.services.get(name)
    topics = set(service.uses) if service else set()
    return [listener for listener, function in local.platform.functions.items() if topics & set(function.on)]


def _awaited(local: Local) -> dict[str, set[str]]:
    """Addresses of what Terraform has to make before a deploy can begin, by name."""
    awaited: dict[str, set[str]] = {}
    for name, service in local.platform.services.items():
        module = f"module.service_{name.replace('-', '_')}"
        families = [*service.processes, *service.schedules, *([PHASE] if service.release else [])]
        awaited[name] = {f'{module}.aws_ecs_service.this["{process}"]' for process in service.processes}
        awaited[name] |= {f'{module}.aws_ecs_task_definition.this["{family}"]' for family in families}
        awaited[name] |= {_alias(listener) for listener in _listeners(local, name)}
    for name in local.platform.functions:
        awaited[name] = {_alias(name)}
    return awaited


def _alias(function: str) -> str:
    return f"module.function_{function.replace('-', '_')}.aws_lambda_alias.live"


def _bundle(source: Path, python: str, store: Path, settings: dict[str, str]) -> object:
    return build_bundle(source, python, store, settings=settings)


def _demo_user(local: Local) -> None:
    users = local.platform.users
    if users is None:
        return
    cognito = local.client("cognito-idp")
    pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
    wanted = names.prefix(local.platform.name, ENVIRONMENT)
    pool = next((pool for pool in pools if pool["Name"] == wanted), None) or (pools[0] if pools else None)
    if pool is None:
        return
    clients = cognito.list_user_pool_clients(UserPoolId=pool["Id"], MaxResults=60)["UserPoolClients"]
    if clients:
        ensure_demo_user(cognito, local.home, pool["Id"], clients[0]["ClientId"], users.groups)
