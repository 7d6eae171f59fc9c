"""The ceiling of function calls on this machine: AWS's runtime client before a Runtime API that costs next to nothing.

Whatever stands in front of the client, a call costs at least the processor time that the client itself takes.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import uvloop

PROCESSES, WARM_SECONDS, SECONDS = 2, 1.0, 3.0
SOURCE = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"
NEXT = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
    b"lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    b"lambda-runtime-deadline-ms: 99999999999999\r\nlambda-runtime-trace-id: Root=1\r\n"
    b"lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:100000000001:function:f\r\n\r\n{}"
)
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class Api(asyncio.Protocol):
    """Hands out the same invocation for ever and counts the answers."""

    answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if not end or len(body) < length:
            return
        self.buffer = b""
        Api.answered += head.startswith(b"POST")
        self.transport.write(NEXT if head.startswith(b"GET") else ACCEPTED)  # type: ignore[attr-defined]


def measure() -> tuple[float, float]:
    """Calls a second, and processor time of the client for each in microseconds."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        (Path(folder) / "main.py").write_text(SOURCE)
        return runner.run(_measure(Path(folder)))


async def _measure(folder: Path) -> tuple[float, float]:
    server = await asyncio.get_running_loop().create_server(Api, "127.0.0.1", 0)
    clients = [_client(folder, server.sockets[0].getsockname()[1]) for _ in range(PROCESSES)]
    try:
        while not Api.answered:
            await asyncio.sleep(0.05)
        await asyncio.sleep(WARM_SECONDS)
        calls, cpu, begun = Api.answered, sum(map(cpu_seconds, clients)), asyncio.get_running_loop().time()
        await asyncio.sleep(SECONDS)
        calls, cpu = Api.answered - calls, sum(map(cpu_seconds, clients)) - cpu
        return calls / (asyncio.get_running_loop().time() - begun), cpu / calls * 1e6
    finally:
        for client in clients:
            client.kill()
            client.wait()
        server.close()


def _client(folder: Path, port: int) -> subprocess.Popen[bytes]:
    variables = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "f",
    }
    command = [sys.executable, "-m", "awslambdaric", "main.handler"]
    return subprocess.Popen(
        command, cwd=folder, env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
