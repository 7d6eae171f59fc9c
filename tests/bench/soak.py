"""The whole example under a mixed load for a while: memory of both planes at the beginning, at the end, and its growth.

`python -m tests.bench soak` runs for SOAK_MINUTES (60 unless set).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean
from typing import Any

import httpx

from tests.bench.bars import bar

EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"
WORKERS, PAUSE_SECONDS, SAMPLE_SECONDS = 4, 0.05, 5.0
BAR_MB, GROWTH_MB = 700, 15  # samples differ by a few MB among themselves


def main() -> None:
    """Print requests, failures, and memory in the first and the last sixth of the time."""
    minutes = float(os.environ.get("SOAK_MINUTES", "60"))
    root = Path(tempfile.mkdtemp(prefix="homeport-soak-"))
    root.chmod(0o755)
    os.environ["HOMEPORT_HOME"] = str(root)
    try:
        homeport("up", "--detach")
        status: dict[str, Any] = json.loads(homeport("status", "--json"))
        samples, counts = soak(status, minutes * 60)
    finally:
        homeport("down")
        shutil.rmtree(root, ignore_errors=True)
    sixth = max(1, len(samples) // 6)
    first, last = mean(samples[:sixth]), mean(samples[-sixth:])
    print(f"{minutes:g} minutes, {counts[0]} requests")
    bar("requests that failed", counts[1], at_most=0)
    print(f"memory of both planes, first sixth {first:6.0f} MB")
    print(f"memory of both planes, last sixth  {last:6.0f} MB")
    bar("growth between the two", last - first, "MB", at_most=GROWTH_MB)
    bar("memory of both planes, most seen", max(samples), "MB", at_most=BAR_MB)


def soak(status: dict[str, Any], seconds: float) -> tuple[list[float], tuple[int, int]]:
    """Memory samples (MB) and the numbers of requests and of failed ones."""
    end = time.monotonic() + seconds
    pids = [json.loads((Path(status["home"]) / f"{plane}.json").read_text())["pid"] for plane in ("control", "data")]
    with ThreadPoolExecutor(WORKERS) as pool:
        workers = [pool.submit(load, status, end) for _ in range(WORKERS)]
        samples = []
        while time.monotonic() < end:
            samples.append(sum(memory_mb(pid) for pid in pids))
            time.sleep(SAMPLE_SECONDS)
    done = [worker.result() for worker in workers]
    return samples, (sum(count for count, _ in done), sum(failed for _, failed in done))


def load(status: dict[str, Any], end: float) -> tuple[int, int]:
    """Reads, a function, a guarded route, and a staff member's change, which publishes a message."""
    count = failed = 0
    with httpx.Client(base_url=status["api"], timeout=35, trust_env=False) as api:
        header = {"Authorization": f"Bearer {homeport('token').strip()}"}
        renewed = time.monotonic()
        while time.monotonic() < end:
            if time.monotonic() - renewed > 1800:
                header = {"Authorization": f"Bearer {homeport('token').strip()}"}
                renewed = time.monotonic()
            for method, path, body in (
                ("GET", "/books", None),
                ("GET", "/books/formats", None),
                ("POST", "/quotes", {"books": [{"price_cents": 1290, "copies": 2}]}),
                ("GET", "/shelf", None),
                ("PATCH", "/books/seven-spoons", {"price_cents": 1000 + count % 100}),
            ):
                answer = api.request(method, path, json=body, headers=header)
                count += 1
                failed += answer.status_code >= 400
                time.sleep(PAUSE_SECONDS)
    return count, failed


def memory_mb(pid: int) -> float:
    """Resident memory of one process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def homeport(*arguments: str) -> str:
    command = [sys.executable, "-m", "homeport", "--file", str(EXAMPLE), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
