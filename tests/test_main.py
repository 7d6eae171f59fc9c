"""Ctrl-C at any moment of any command: exit code 130 and a word, no traceback. A real process, held at an import."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HELD = """
import os, sys
if os.environ.pop("HOLD_AT", ""):
    print("here", flush=True)
    sys.stdin.read()
import importlib.util, importlib.machinery
sys.path.remove({folder!r})
sys.modules.pop(__name__)
importlib.import_module(__name__)
"""
MOMENTS = {
    "click": ["--help"],  # first thing of the command line
    "tempfile": ["--help"],  # with what puts errors into words
    "pydantic": ["check"],  # with the command itself
}


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("module", MOMENTS)
def test_ctrl_c_during_an_import_ends_with_130(module: str, times: int, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(HELD.format(folder=str(tmp_path)))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "HOLD_AT": module}
    with subprocess.Popen(
        [sys.executable, "-m", "homeport", *MOMENTS[module]],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "here\n"
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(20) == 130
    assert set(said.split()) == {"interrupted"}
