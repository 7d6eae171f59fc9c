"""Cold `homeport up` against bare `terraform apply` of the same two stacks, in turn in one run; then the warm start."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from homeport.cli.workspace import open_workspace
from homeport.local import session
from homeport.local.home import find_home
from homeport.terraform.tool import Tool

EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"


def main() -> None:
    """Print both wall times and their ratio, and the wall time of a warm start, after which every route answers."""
    root = Path(tempfile.mkdtemp(prefix="homeport-bench-"))
    root.chmod(0o755)
    os.environ["HOMEPORT_HOME"] = str(root)
    try:
        cold = seconds(lambda: homeport("up", "--detach"))
        homeport("down")
        warm = seconds(lambda: homeport("up", "--detach"))
        homeport("down")
        shutil.rmtree(find_home(EXAMPLE).path)
        bare = bare_apply()
    finally:
        homeport("down")
        shutil.rmtree(root, ignore_errors=True)
    print(f"cold homeport up               {cold:7.1f} s   (images built anew)")
    print(f"bare terraform apply, 2 stacks {bare:7.1f} s")
    print(f"ratio                          {cold / bare:7.2f}     (at most 1.15)")
    print(f"warm homeport up               {warm:7.1f} s   (at most 15)")


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


def homeport(*arguments: str) -> None:
    command = [sys.executable, "-m", "homeport", "--file", str(EXAMPLE), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
