"""The control plane's process, for stories that need nothing else of Homeport's."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from homeport.local import aws
from homeport.local.account import control_url
from homeport.local.home import Home

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "100000000001", "eu-west-1"


@dataclass
class Control:
    """The control plane's process, and its home."""

    home: Home
    process: subprocess.Popen[bytes] | None = None

    def start(self, port: int = 0) -> None:
        """Returns when it answers."""
        self.home.control.unlink(missing_ok=True)
        command = [sys.executable, "-m", "homeport.local.control", "--home", str(self.home.path), "--port", str(port)]
        with (self.home.path / "control.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        deadline = time.monotonic() + 60
        while not self.home.control.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def restart(self) -> None:
        """At the same address, as `homeport up` does: it is a part of the URLs of queues."""
        port = int(control_url(self.home).rpartition(":")[2])
        self.stop()
        self.start(port)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)

    def log(self) -> str:
        return (self.home.path / "control.log").read_text()

    def client(self, service: str) -> Any:
        return aws.client(service, control_url(self.home), ACCOUNT, REGION)

    def feed(self) -> list[str]:
        """ARNs of everything that the data plane would run."""
        token = self.home.token.read_text()
        url = f"{control_url(self.home)}/_homeport/feed?after=0"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return [resource["arn"] for resource in answer.raise_for_status().json()["resources"]]

    def memory_mb(self) -> int:
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024
