"""One provider process for many runs of Terraform.

Terraform starts the AWS provider for each command, several times if modules have tests: four seconds of processor time
a time, with reading all of it for its hash. https://developer.hashicorp.com/terraform/plugin/debugging
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from homeport.terraform.mirror import DEMAND
from homeport.terraform.tool import Tool


@contextmanager
def one_provider(tool: Tool, folder: Path, root: Path | None = None) -> Iterator[Tool]:
    """The tool, which leaves its provider running from command to command. `folder` is an empty one for it; where the
    provider reads files by relative paths, they are of `root`.

    It is configured anew by each command, in the same process: not for two configurations (aliases) at a time.
    """
    (folder / "main.tf").write_text(DEMAND)
    done = subprocess.run(
        [tool.program, "init"], cwd=folder, env=dict(tool.environment), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (program,) = (folder / ".terraform/providers").glob("*/hashicorp/aws/*/*/terraform-provider-aws*")
    with subprocess.Popen(
        [program, "-debug"],
        cwd=root or folder,
        env=dict(tool.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as started:
        assert started.stdout
        try:
            said = next(line for line in started.stdout if "TF_REATTACH_PROVIDERS=" in line)
            reattach = said.partition("=")[2].strip().strip("'")
            yield replace(tool, environment={**tool.environment, "TF_REATTACH_PROVIDERS": reattach})
        finally:
            started.kill()
