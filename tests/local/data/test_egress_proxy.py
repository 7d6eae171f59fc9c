"""Out to the internet, yes; to AWS and to instance metadata, no."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from homeport.local.data.certificates import load_certificates
from homeport.local.data.egress import Egress, is_refused, read_request
from homeport.local.home import Home


@pytest.mark.parametrize(
    "host",
    [
        "sqs.eu-west-1.amazonaws.com",
        "SQS.EU-WEST-1.AMAZONAWS.COM.",
        "amazonaws.com",
        "s3.cn-north-1.amazonaws.com.cn",
        "lambda.eu-west-1.api.aws",
        "abc.lambda-url.eu-west-1.on.aws",
        "169.254.169.254",
        "169.254.170.2",
        "[fd00:ec2::254]",
        "::ffff:169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
    ],
)
def test_aws_and_metadata_are_refused(host: str) -> None:
    assert is_refused(host)


@pytest.mark.parametrize("host", ["example.com", "notamazonaws.com", "amazonaws.com.example.org", "10.0.0.1", "::1"])
def test_the_rest_passes(host: str) -> None:
    assert not is_refused(host)


@pytest.mark.parametrize(
    "head", [b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"CONNECT nohost HTTP/1.1\r\n\r\n", b"\xff\xff"]
)
def test_what_is_no_request_to_a_proxy_is_none(head: bytes) -> None:
    assert read_request(head) is None


def test_a_plain_request_is_passed_on_without_what_is_the_proxys() -> None:
    head = b"GET http://example.com:81/a?b=c HTTP/1.1\r\nHost: example.com\r\nProxy-Authorization: x\r\n\r\n"
    request = read_request(head)
    assert request and (request.host, request.port) == ("example.com", 81)
    assert request.first == b"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"


@dataclass
class Site:
    """A server that answers with what it was sent."""

    port: int
    tls_port: int


@pytest.fixture
async def site(home: Home) -> AsyncIterator[Site]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first = head.partition(b"\r\n")[0]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(first), first))
        await writer.drain()
        writer.close()

    context = load_certificates(home).server_context()
    plain = await asyncio.start_server(answer, "127.0.0.1", 0)
    secure = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield Site(plain.sockets[0].getsockname()[1], secure.sockets[0].getsockname()[1])
    plain.close()
    secure.close()


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    proxy = Egress()
    await proxy.start()
    yield proxy
    await proxy.stop()


async def say(egress: Egress, text: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(egress.url.rpartition(":")[2]))
    writer.write(text.encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def test_a_plain_request_gets_through(egress: Egress, site: Site) -> None:
    answer = await say(egress, f"GET http://127.0.0.1:{site.port}/a HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.endswith(b"GET /a HTTP/1.1")


async def test_a_tunnel_carries_tls(egress: Egress, site: Site, home: Home) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(egress.url.rpartition(":")[2]))
    writer.write(f"CONNECT 127.0.0.1:{site.tls_port} HTTP/1.1\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    trust = ssl.create_default_context(cafile=str(load_certificates(home).authority))
    await writer.start_tls(trust, server_hostname="127.0.0.1")
    writer.write(b"GET /b HTTP/1.1\r\n\r\n")
    assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"GET /b HTTP/1.1")
    writer.close()


@pytest.mark.parametrize(
    "request_",
    [
        "CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n\r\n",
        "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
    ],
)
async def test_a_call_to_aws_is_refused_and_told(
    egress: Egress, request_: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await say(egress, request_)).startswith(b"HTTP/1.1 403")
    assert "refused: a program on this machine called" in caplog.text


async def test_a_host_that_does_not_answer_is_a_502(egress: Egress, free_port: object) -> None:
    assert callable(free_port)
    answer = await say(egress, f"CONNECT 127.0.0.1:{free_port()} HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 502")


async def test_a_head_that_never_ends_is_cut_off(egress: Egress) -> None:
    assert await say(egress, "GET http://example.com/ HTTP/1.1\r\n" + "X: y\r\n" * 20000) == b""
