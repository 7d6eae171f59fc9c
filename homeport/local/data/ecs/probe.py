"""One health check, done: HTTP or TCP from outside, or a command inside the container's environment."""

import asyncio
import contextlib
import ssl

import aiohttp

from homeport.local.data.ecs.health import Check, matches
from homeport.local.data.supervisor import Command, Supervisor

HEADERS = {"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}


async def probe_target(session: aiohttp.ClientSession, host: str, port: int, check: Check) -> str:
    """Why the check failed, as `Reason: description` of DescribeTargetHealth; empty if it passed."""
    try:
        async with asyncio.timeout(check.timeout):
            if check.protocol in ("TCP", "TLS"):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                return ""
            return await _http(session, f"{check.protocol.lower()}://{host}:{port}{check.path}", check)
    except TimeoutError:
        return "Target.Timeout: Request timed out"
    except (aiohttp.ClientError, OSError, ValueError):
        return "Target.FailedHealthChecks: Health checks failed"


async def _http(session: aiohttp.ClientSession, url: str, check: Check) -> str:
    trust_all: ssl.SSLContext | bool = False  # as a load balancer: targets show certificates of their own making
    async with session.get(url, headers=HEADERS, allow_redirects=False, ssl=trust_all) as response:
        if matches(check.matcher, response.status):
            return ""
        return f"Target.ResponseCodeMismatch: Health checks failed with these codes: [{response.status}]"


async def probe_container(supervisor: Supervisor, command: Command, timeout: float) -> str:
    """Why a container's own check failed, empty if it passed."""
    output: list[bytes] = []

    def keep(piece: bytes) -> None:
        if sum(map(len, output)) < 1000:
            output.append(piece)

    try:
        child = supervisor.start(command, keep)
    except OSError as error:
        return str(error)
    try:
        code = await asyncio.wait_for(asyncio.shield(child.exited), timeout)
    except TimeoutError:
        return f"no answer after {timeout:.0f} s"
    finally:
        if not child.exited.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(supervisor.stop(child, 0))
    return "" if code == 0 else b"".join(output).decode(errors="replace").strip()[-200:] or f"exit {code}"
