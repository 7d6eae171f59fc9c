"""The gateway beside what it stands in front of, and beside serverless-offline: both sides in turn in one run.

Needs `wrk`; the comparison with serverless-offline needs `npm`. What is installed for it lands in `.bench/`.
"""

import asyncio
import base64
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from homeport.local.data.context import Context, Resource, World
from homeport.local.data.functions.functions import Functions
from homeport.local.data.gateway.gateway import Gateway
from homeport.local.data.targets import Target
from homeport.local.home import Home
from tests.bench import runtime
from tests.bench.bars import bar

FOLDER = Path(".bench/gateway")
ACCOUNT, REGION = "100000000001", "eu-central-1"
API_ARN = f"arn:aws:apigateway:{REGION}::/apis/bench"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:quote"
LISTENER_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/a/1/2"
GROUP_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/a/1"
CONNECTIONS, SECONDS, ROUNDS, BEST = 32, 3, 9, 3
PACKAGES = {"serverless": "3.40.0", "serverless-offline": "13.9.0"}  # the last that need no account with the maker

SITE = """
import django
from django.conf import settings
settings.configure(SECRET_KEY="bench", ROOT_URLCONF="site_bench", ALLOWED_HOSTS=["*"], MIDDLEWARE=[
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
])
django.setup()
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
def books(request):
    return JsonResponse({"books": [{"id": number, "title": f"Book {number}"} for number in range(10)]})
urlpatterns = [path("books", books)]
application = get_wsgi_application()
"""
FUNCTION = """
import json, time
def handler(event, context):
    started = time.perf_counter()
    body = json.dumps({"quote": "So many books, so little time.", "path": event.get("rawPath")})
    run = f"{(time.perf_counter() - started) * 1000:.4f}"
    return {"statusCode": 200, "headers": {"content-type": "application/json", "x-run-ms": run}, "body": body}
"""
SERVERLESS = """
service: bench
provider: {name: aws, runtime: python3.11, region: eu-central-1}
plugins: [serverless-offline]
functions:
  quote:
    handler: quote.handler
    events: [{httpApi: {method: get, path: /quote}}]
"""


@dataclass(frozen=True)
class Load:
    per_second: float
    median_ms: float
    cpu_us: float = 0.0  # of the servers, per request


def main() -> None:
    if not shutil.which("wrk"):
        print("skipped: wrk is not installed")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with gunicorn() as (service_port, session), gateway(service_port) as (port, own_session):
        compare_with_the_service(service_port, port, (session, own_session))
        measure_the_function(port)
        compare_with_serverless_offline(port)


def compare_with_the_service(service_port: int, port: int, sessions: tuple[int, int]) -> None:
    """Throughput and latency through the gateway against gunicorn itself. Bars: at least 0.6 ×, at most 2 ×.

    Rates suffer from whatever else the machine does; the processor time of each side hardly does, so it is printed too.
    """
    direct_url, gateway_url = f"http://127.0.0.1:{service_port}/books", f"http://127.0.0.1:{port}/books"
    for url in (direct_url, gateway_url):
        urllib.request.urlopen(url, timeout=60).close()  # gunicorn listens before its workers are ready
        load(url, 2)
    pairs = [(load(direct_url, sessions=sessions), load(gateway_url, sessions=sessions)) for _ in range(ROUNDS)]
    for direct, through in pairs:
        print(
            f"  gunicorn {direct.per_second:6.0f}/s {direct.median_ms:6.2f} ms"
            f"   gateway {through.per_second:6.0f}/s {through.median_ms:6.2f} ms"
        )
    throughput = statistics.median(through.per_second / direct.per_second for direct, through in pairs)
    latency = statistics.median(through.median_ms / direct.median_ms for direct, through in pairs)
    bar("service: throughput against gunicorn's", throughput, "×", at_least=0.6)
    bar("service: median latency against gunicorn's", latency, "×", at_most=2)
    # In some rounds one of gunicorn's two workers takes all of wrk's connections, which halves its rate; through the
    # gateway it does not last. So also without them:
    rates = [statistics.mean(sorted(pair[side].per_second for pair in pairs)[-BEST:]) for side in (0, 1)]
    medians = [statistics.mean(sorted(pair[side].median_ms for pair in pairs)[:BEST]) for side in (0, 1)]
    print(
        f"service: best {BEST} rounds of each, throughput {rates[1] / rates[0]:.2f} ×,"
        f" latency {medians[1] / medians[0]:.2f} ×"
    )
    alone, both = (statistics.median(pair[side].cpu_us for pair in pairs) for side in (0, 1))
    print(f"service: processor time per request {alone:.0f} us of gunicorn alone, {both:.0f} us with the gateway")


def measure_the_function(port: int) -> None:
    """What the way to a warm function adds to its own run time. Bar: 5 ms."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    added = []
    for number in range(600):
        started = time.perf_counter()
        connection.request("GET", "/quote")
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        if number >= 100:
            added.append((time.perf_counter() - started) * 1000 - float(response.headers["x-run-ms"]))
    connection.close()
    bar("function: median over its own run time", statistics.median(added), "ms", at_most=5)


def compare_with_serverless_offline(own_port: int) -> None:
    """Requests a second of the same function, both sides in turn. Bar: ten times its own."""
    with serverless_offline() as peer_port:
        if peer_port is None:
            return
        own_url, peer_url = (f"http://127.0.0.1:{port}/quote" for port in (own_port, peer_port))
        for url in (own_url, peer_url):
            load(url, 2, connections=8)
        pairs = [(load(own_url, connections=8), load(peer_url, connections=8)) for _ in range(ROUNDS)]
    for own, peer in pairs:
        print(f"  function, 8 connections: {own.per_second:6.0f}/s   serverless-offline {peer.per_second:6.0f}/s")
    ratio = statistics.median(own.per_second / peer.per_second for own, peer in pairs)
    rate, cpu_us = runtime.measure()
    most = (os.cpu_count() or 1) * 1e6 / cpu_us
    ceiling = most / statistics.median(peer.per_second for _, peer in pairs)
    print(
        f"function, ceiling: AWS's runtime client alone takes {cpu_us:.0f} us of processor time a call ({rate:.0f}/s)"
    )
    known = f"with all else free, that client allows {most:.0f}/s on this machine, {ceiling:.1f} ×"
    bar("function: requests a second against serverless-offline's", ratio, "×", at_least=10, known=known)


def load(url: str, seconds: int = SECONDS, connections: int = CONNECTIONS, sessions: tuple[int, ...] = ()) -> Load:
    command = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}", url]
    before = cpu_seconds(sessions)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = cpu_seconds(sessions) - before
    if "Non-2xx" in text:
        raise AssertionError(text)
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", text)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)\b", text)
    requests = re.search(r"(\d+) requests in", text)
    assert per_second and median and requests, text
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[median.group(2)]
    return Load(float(per_second.group(1)), float(median.group(1)) * scale, spent * 1e6 / int(requests.group(1)))


def cpu_seconds(sessions: tuple[int, ...]) -> float:
    """Processor time that the live processes of these sessions have used."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat") if sessions else ():
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) in sessions else 0
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def gunicorn() -> Iterator[tuple[int, int]]:
    """The service, by the same command as in the example's Procfile: its port and its session."""
    python = FOLDER / "venv/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", "--allow-existing", str(FOLDER / "venv")], check=True)
        install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), "django", "gunicorn"]
        subprocess.run(install, check=True)
    (FOLDER / "site_bench.py").write_text(SITE)
    port = free_port()
    command = [str(python.absolute()), "-m", "gunicorn", "site_bench", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--threads", "4", "--log-level", "warning"]
    if shutil.which("chrt"):
        command = ["chrt", "--batch", "0", *command]  # as the data plane's supervisor starts tasks
    with running(command, FOLDER, port) as session:
        yield port, session


@contextlib.contextmanager
def gateway(service_port: int) -> Iterator[tuple[int, int]]:
    """The gateway and the functions in a process of their own, as the data plane runs them."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.gateway", "serve", str(service_port), str(port)]
    with running(command, Path.cwd(), port) as session:
        yield port, session


@contextlib.contextmanager
def serverless_offline() -> Iterator[int | None]:
    if not shutil.which("npm"):
        print("comparison with serverless-offline skipped: npm is not installed")
        yield None
        return
    folder = FOLDER / "serverless"
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": PACKAGES}))
    (folder / "serverless.yml").write_text(SERVERLESS)
    (folder / "quote.py").write_text(FUNCTION)
    if not (folder / "node_modules/serverless-offline").exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
        if subprocess.run(install, cwd=folder, check=False, capture_output=True).returncode:
            print("comparison with serverless-offline skipped: npm could not install it")
            yield None
            return
    port, other = free_port(), free_port()
    command = ["node_modules/.bin/serverless", "offline", "--noPrependStageInUrl"]
    ports = ["--httpPort", str(port), "--lambdaPort", str(other), "--host", "127.0.0.1"]
    with running([*command, *ports], folder, port):
        yield port


@contextlib.contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[int]:
    """A session of processes that listens on `port`; its output is kept beside the rest."""
    name = re.sub(r"\W+", "-", " ".join(Path(word).name for word in command[:3]))
    with (FOLDER / f"{name}.log").open("w") as log:
        environment = {**os.environ, "SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            wait_until_open(port, process)
            yield process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def wait_until_open(port: int, process: subprocess.Popen[Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}; see {FOLDER}")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def serve(service_port: int, port: int) -> None:
    """The parts that the data plane would run, told what the control plane would tell."""

    async def observe(observations: list[Any]) -> None:
        return

    context = Context(
        home=Home((FOLDER / "home").absolute()),
        control_url="http://127.0.0.1:1",
        token="",
        observe=observe,
        aws=lambda service, account, region: SimpleNamespace(create_log_group=lambda **_: None),
        log=lambda *line: None,
        task_environment=lambda account, region: {},
    )
    context.targets.put(GROUP_ARN, (Target("127.0.0.1", service_port, True),))
    functions = Functions(context)
    parts = (functions, Gateway(replace(context, invoke=functions.invoke), context.targets, functions.invoke))
    for part in parts:
        await part.reconcile(world(port))
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    for part in reversed(parts):
        await part.stop()


def world(port: int) -> World:
    """Also an access log and a token's cost are part of the way: the log is on, as Homeport's own modules have it."""
    logging = {
        "DestinationArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/bench",
        "Format": '{"id":"$context.requestId","status":"$context.status","route":"$context.routeKey",'
        '"ip":"$context.identity.sourceIp","ms":"$context.responseLatency","time":"$context.requestTime"}',
    }
    service = {
        "IntegrationId": "service",
        "IntegrationType": "HTTP_PROXY",
        "ConnectionType": "VPC_LINK",
        "IntegrationMethod": "ANY",
        "IntegrationUri": LISTENER_ARN,
    }
    function = {
        "IntegrationId": "function",
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": FUNCTION_ARN,
        "PayloadFormatVersion": "2.0",
    }
    api = {
        "ApiId": "bench",
        "LocalPort": port,
        "CorsConfiguration": {"AllowOrigins": ["https://www.example.com"]},
        "Routes": [
            {"RouteKey": "ANY /books", "Target": "integrations/service"},
            {"RouteKey": "GET /quote", "Target": "integrations/function"},
        ],
        "Integrations": [service, function],
        "Stages": [{"StageName": "$default", "AccessLogSettings": logging}],
    }
    listener = {
        "ListenerArn": LISTENER_ARN,
        "Port": 10000,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": GROUP_ARN}],
    }
    told: dict[str, tuple[str, dict[str, Any]]] = {
        API_ARN: ("apigatewayv2:api", api),
        LISTENER_ARN: ("elbv2:listener", listener),
        FUNCTION_ARN: ("lambda:function", {"Versions": {"$LATEST": published()}, "Aliases": {}}),
    }
    return World(1, {kind: {arn: Resource(arn, kind, ACCOUNT, REGION, state)} for arn, (kind, state) in told.items()})


def published() -> dict[str, Any]:
    archive = (FOLDER / "quote.zip").absolute()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("quote.py"), FUNCTION)
    return {
        "FunctionName": "quote",
        "Version": "$LATEST",
        "Runtime": "python3.11",
        "Handler": "quote.handler",
        "MemorySize": 128,
        "Timeout": 3,
        "CodeSha256": base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode(),
        "CodePath": str(archive),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        import uvloop

        uvloop.run(serve(int(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
