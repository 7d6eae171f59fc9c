"""The way out for tasks and functions: an HTTP proxy that lets the internet pass and AWS not.

A program with a real AWS endpoint written into it, or that looks for instance credentials, gets 403 and a line in the
data plane's log instead of reaching an account that is not on this machine.
"""

import asyncio
import contextlib
import ipaddress
import logging
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

HEAD_BYTES_MAX = 65536
CONNECT_TIMEOUT_SECONDS = 10.0
HEAD_TIMEOUT_SECONDS = 30.0
PIECE_BYTES = 65536

AWS_NAMES = re.compile(
    r"(^|\.)(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws|aws\.dev|on\.aws|awsapps\.com|"
    r"signin\.aws\.amazon\.com|amazoncognito\.com|instance-data)$"
)
METADATA = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fd00:ec2::/32"))
HOP_BY_HOP = (b"proxy-connection", b"proxy-authorization", b"connection", b"keep-alive")


def is_refused(host: str) -> bool:
    """Whether a host is AWS, or where AWS hands out credentials."""
    name = host.strip("[]").rstrip(".").lower().partition("%")[0]
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return bool(AWS_NAMES.search(name)) or _is_odd_address(name)
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in METADATA if mapped.version == network.version)


def _is_odd_address(name: str) -> bool:
    """Numbers that the resolver takes for an address, such as 2852039166 or 0xa9fea9fe."""
    return bool(re.fullmatch(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}", name))


@dataclass(frozen=True)
class _Request:
    """What the proxy was asked: where to, and what to send there first (nothing for a tunnel)."""

    host: str
    port: int
    first: bytes


class Egress:
    """The proxy; one per data plane."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._pass(reader, writer)
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either side left, or it was not HTTP
        except asyncio.CancelledError:
            pass  # the data plane stops
        finally:
            self._open.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_TIMEOUT_SECONDS)
        request = read_request(head)
        if request is None:
            return await _answer(writer, "400 Bad Request", "Not a request to a proxy.")
        if is_refused(request.host):
            log.warning("refused: a program on this machine called %s:%d", request.host, request.port)
            return await _answer(writer, "403 Forbidden", f"{request.host} is AWS; this account is on this machine.")
        try:
            opening = asyncio.open_connection(request.host, request.port)
            there_reader, there_writer = await asyncio.wait_for(opening, CONNECT_TIMEOUT_SECONDS)
        except (OSError, TimeoutError) as error:
            return await _answer(writer, "502 Bad Gateway", f"{request.host}:{request.port}: {error or 'no answer'}")
        if _reached_metadata(there_writer):
            there_writer.close()
            log.warning("refused: %s leads to the metadata address", request.host)
            return await _answer(writer, "403 Forbidden", f"{request.host} leads to the metadata address.")
        if request.first:
            there_writer.write(request.first)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await pipe((reader, writer), (there_reader, there_writer))


def read_request(head: bytes) -> _Request | None:
    """The head of a request to a proxy, None if it is not one."""
    line, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    try:
        method, target, version = line.decode("ascii").split(" ")
    except ValueError:
        return None
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return _Request(host.strip("[]"), int(port), b"") if host and port.isdigit() else None
    url = urlsplit(target)
    if url.scheme != "http" or not url.hostname:
        return None
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = [header for header in headers if header.partition(b":")[0].strip().lower() not in HOP_BY_HOP]
    first = b"\r\n".join([f"{method} {path} {version}".encode(), *kept, b"Connection: close", b"", b""])
    return _Request(url.hostname, url.port or 80, first)


async def pipe(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter], other: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Carry bytes both ways until both sides have said all."""
    try:
        await asyncio.gather(_copy(one[0], other[1]), _copy(other[0], one[1]))
    finally:
        other[1].close()
        one[1].close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError, NotImplementedError):
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()


def _reached_metadata(writer: asyncio.StreamWriter) -> bool:
    peer = writer.get_extra_info("peername")
    return bool(peer) and is_refused(str(peer[0]))


async def _answer(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    body = f"{text}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
