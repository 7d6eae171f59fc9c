"""Cold `homeport up` against bare `terraform apply` of the same two stacks, in turn in one run; then the warm start,
until every route answers."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from homeport.cli.workspace import open_workspace
from homeport.local import session
from homeport.local.home import find_home
from homeport.model.load import load_platform
from homeport.terraform.tool import Tool
from tests.bench.bars import bar

EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"
ROUTES_SECONDS = 60.0  # then they are taken for broken


def main() -> None:
    """Print both wall times and their ratio, and the time of a warm start until every route of the example answers."""
    root = Path(tempfile.mkdtemp(prefix="homeport-bench-"))
    root.chmod(0o755)
    os.environ["HOMEPORT_HOME"] = str(root)
    try:
        cold = seconds(lambda: homeport("up", "--detach"))
        api, token = json.loads(homeport("status", "--json"))["api"], homeport("token").strip()
        homeport("down")
        warm, routed = warm_start(api.rstrip("/"), token)
        homeport("down")
        shutil.rmtree(find_home(EXAMPLE).path)
        bare = bare_apply()
    finally:
        homeport("down")
        shutil.rmtree(root, ignore_errors=True)
    print(f"cold homeport up               {cold:7.1f} s   (images built anew)")
    print(f"bare terraform apply, 2 stacks {bare:7.1f} s")
    print(f"warm homeport up, the command  {warm:7.1f} s")
    bar("cold homeport up against bare terraform apply", cold / bare, "×", at_most=1.15)
    bar("warm homeport up, until every route answers", routed, "s", at_most=15)


def warm_start(api: str, token: str) -> tuple[float, float]:
    """Seconds until the command has ended, and until every route has answered; the address is the one of before."""
    start = time.perf_counter()
    homeport("up", "--detach")
    ended = time.perf_counter() - start
    waiting = routes()
    with httpx.Client(trust_env=False, timeout=35, headers={"Authorization": f"Bearer {token}"}) as client:
        while waiting:
            waiting = [(method, path) for method, path in waiting if not answers(client, method, api + path)]
            if time.perf_counter() - start > ROUTES_SECONDS:
                raise AssertionError(f"routes that do not answer: {waiting}")
            time.sleep(0.02 if waiting else 0)
    return ended, time.perf_counter() - start


def routes() -> list[tuple[str, str]]:
    """A method and a path for each route of the example."""
    platform = load_platform(EXAMPLE)
    parts = (*platform.services.values(), *platform.functions.values())
    keys = [route.route.partition(" ") for part in parts for route in part.routes]
    return [(method.replace("ANY", "GET"), re.sub(r"\{[^}]*\}", "1", path)) for method, _, path in keys]


def answers(client: httpx.Client, method: str, url: str) -> bool:
    """Whether what stands behind a route answers, if only that it has no such page: not the gateway in its place."""
    try:
        response = client.request(method, url)
    except httpx.TransportError:
        return False
    missing = response.status_code == 404 and response.text == '{"message":"Not Found"}'
    return response.status_code < 500 and response.status_code not in (401, 403) and not missing


def bare_apply() -> float:
    """Wall time of init and apply of both stacks, as a person would type them, against running planes."""
    home = find_home(EXAMPLE)
    with session.locked(home):
        session.start_planes(home, dies_with_us=True)
        try:
            workspace = open_workspace(EXAMPLE, "local")
            return seconds(lambda: [apply(stack.folder, workspace.tool) for stack in workspace.stacks])
        finally:
            session.stop_planes(home)


def apply(folder: Path, tool: Tool) -> None:
    shutil.rmtree(folder / ".terraform", ignore_errors=True)
    for arguments in (["init"], ["apply", "-auto-approve"]):
        command = [str(tool.program), f"-chdir={folder}", *arguments, "-input=false", "-no-color"]
        subprocess.run(command, env=dict(tool.environment), check=True, stdout=subprocess.DEVNULL)


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def homeport(*arguments: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "homeport", "--file", str(EXAMPLE), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
