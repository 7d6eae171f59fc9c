"""Functions: cold start beside a bare interpreter, warm invocation beside the function's own time, calls per second.

Runs the real pools, Runtime API and awslambdaric in a temporary home, without gateway and control plane.
"""

import asyncio
import base64
import hashlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import uvloop

from homeport.local.data.context import Context, Resource, World
from homeport.local.data.functions.functions import Functions
from homeport.local.home import Home
from tests.bench.bars import bar

SOURCE = """
import time
def handler(event, context):
    begun = time.perf_counter()
    total = sum(price * count for price, count in event["lines"])
    return {"total": total, "own_ms": (time.perf_counter() - begun) * 1000}
"""
PAYLOAD = json.dumps({"lines": [[250, 2], [1200, 1], [999, 3]]}).encode()
ARN = "arn:aws:lambda:eu-west-1:100000000001:function:quote"
COLD, WARM, CONCURRENT = 10, 3000, 3000
OVER_OWN_TIME_TARGET_MS = 5.0  # through the gateway; this is the part of it that is ours


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    functions = Functions(_context(folder))
    try:
        await _deploy(functions, folder, 0)
        await _invoke(functions)  # makes the interpreter
        await _print_cold(functions, folder)
        await _print_warm(functions)
        for clients in (1, 8, 32):
            await _print_rate(functions, clients)
    finally:
        await functions.stop()


async def _print_cold(functions: Functions, folder: Path) -> None:
    ours, bare = [], []
    for number in range(1, COLD + 1):
        await _deploy(functions, folder, number)
        ours.append(await _timed(functions))
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-S", "-c", "import json"], check=True)
        bare.append((time.perf_counter() - begun) * 1000)
    one, other = statistics.median(ours), statistics.median(bare)
    print(f"functions, cold start: {one:.1f} ms; a bare interpreter: {other:.1f} ms; {one / other:.1f} x")


async def _print_warm(functions: Functions) -> None:
    over = []
    for _ in range(WARM):
        begun = time.perf_counter()
        own = (await _invoke(functions))["own_ms"]
        over.append((time.perf_counter() - begun) * 1000 - own)
    over.sort()
    median, last = over[len(over) // 2], over[int(len(over) * 0.99)]
    print(f"functions, warm, over the function's own time: p50 {median:.2f} ms, p99 {last:.2f} ms")
    bar("functions, warm, median over the function's own time", median, "ms", at_most=OVER_OWN_TIME_TARGET_MS)


async def _print_rate(functions: Functions, clients: int) -> None:
    async def call() -> None:
        for _ in range(CONCURRENT // clients):
            await _invoke(functions)

    begun, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call() for _ in range(clients)))
    rate, cpu_us = CONCURRENT / (time.perf_counter() - begun), (time.process_time() - cpu) / CONCURRENT * 1e6
    detail = functions.live()[0].detail
    print(f"functions, {clients:2d} callers: {rate:,.0f} calls/s, {cpu_us:.0f} µs of our CPU each; {detail}")


async def _timed(functions: Functions) -> float:
    begun = time.perf_counter()
    await _invoke(functions)
    return (time.perf_counter() - begun) * 1000


async def _invoke(functions: Functions) -> Any:
    result = await functions.invoke(ARN, None, PAYLOAD)
    if result.function_error or result.throttled:
        raise RuntimeError(result.payload.decode())
    return json.loads(result.payload)


async def _deploy(functions: Functions, folder: Path, number: int) -> None:
    """The same code with another setting: its processes are replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("quote.py", SOURCE)
    archive_path = folder / "code.zip"
    if not archive_path.exists():
        archive_path.write_bytes(stream.getvalue())
    version = {
        "FunctionName": "quote",
        "Runtime": f"python{sys.version_info[0]}.{sys.version_info[1]}",
        "Handler": "quote.handler",
        "CodePath": str(archive_path),
        "CodeSha256": base64.b64encode(hashlib.sha256(archive_path.read_bytes()).digest()).decode(),
        "Environment": {"Variables": {"NUMBER": str(number)}},
    }
    group = Resource("group", "logs:log-group", "100000000001", "eu-west-1", {"logGroupName": "/aws/lambda/quote"})
    resource = Resource(ARN, "lambda:function", "100000000001", "eu-west-1", {"Versions": {"$LATEST": version}})
    await functions.reconcile(World(number, {"lambda:function": {ARN: resource}, "logs:log-group": {"group": group}}))


def _context(folder: Path) -> Context:
    async def observe(_: Any) -> None:
        return

    def no_aws(*_: str) -> Any:
        raise RuntimeError("the bench declares its log group")

    return Context(Home(folder), "", "", observe, no_aws, lambda *_: None, lambda *_: {})


if __name__ == "__main__":
    main()
