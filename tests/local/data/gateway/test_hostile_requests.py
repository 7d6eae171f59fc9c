"""What two readers could understand differently is refused, over raw sockets, before a service hears of it."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.local.data.http.message import BadMessage, parse_request
from homeport.local.data.http.server import Limits

GOOD = b"GET / HTTP/1.1\r\nHost: a\r\n"

MALFORMED = {
    "both lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "the same length twice": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd",
    "a signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
    "a negative length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length in hex": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd",
    "a length with an underscore": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\n0123456789",
    "no length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
    "an enormous length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    "another coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "identity": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "a disguised coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "a coding after a vertical tab": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
    "a folded line": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "a folded first line": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "a line without a colon": b"GET / HTTP/1.1\r\nHost: a\r\nrubbish\r\n\r\n",
    "an empty name": b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n",
    "a null": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "version 2": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "version 1.10": b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw bytes in the target": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: a\r\n\r\n",
    "an empty line first": b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}
BAD_CHUNKS = {
    "size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "size with a prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "empty size": b"\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "enormous size": b"F" * 20 + b"\r\nhello\r\n0\r\n\r\n",
    "more than its size": b"3\r\nhello\r\n0\r\n\r\n",
    "bare line feeds": b"5\nhello\n0\n\n",
    "line feed in an extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "endless extension": b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n",
    "endless trailers": b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
}


async def ends(reader: asyncio.StreamReader) -> bool:
    return await asyncio.wait_for(reader.read(), 5) == b""


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("entrance", ["api", "listener"])
async def test_malformed_requests_are_refused_and_the_connection_ends(
    name: str, entrance: str, rig: Any, service: Any
) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    port = rig.port if entrance == "api" else rig.listener_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(MALFORMED[name] + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head
    rest = await asyncio.wait_for(reader.read(), 5)
    assert rest.count(b"HTTP/1.1") == 0
    writer.close()
    assert not service.received


@pytest.mark.parametrize("name", BAD_CHUNKS)
async def test_malformed_chunks_never_become_a_request(name: str, rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = await rig.send(head + BAD_CHUNKS[name])
    assert (reply.status, reply.headers["connection"]) == (400, "close")
    assert not service.received


@pytest.mark.parametrize("name", BAD_CHUNKS)
async def test_a_listener_never_passes_malformed_chunks_on(name: str, rig: Any, service: Any) -> None:
    """A listener streams: the service may see a beginning, but never an end."""
    rig.add_service(service)
    await rig.up()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = await rig.send(head + BAD_CHUNKS[name], rig.listener_port)
    assert reply.status == 400
    assert not service.received


@pytest.mark.parametrize(
    "path",
    ["/books/../admin", "/books/%2e%2e/admin", "/books/..%2fadmin", "/a/./b", "/books/%5c..%5cadmin", "/%00", "/%zz"],
)
async def test_dot_segments_and_bad_escapes_are_refused(path: str, rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("ANY /{proxy+}")
    await rig.up()
    reply = await rig.get(path)
    assert (reply.status, reply.json) == (400, {"message": "Bad Request"})
    assert not service.received


async def test_an_encoded_slash_passes_as_it_is(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books/{id}")
    await rig.up()
    assert (await rig.get("/books/a%2Fb")).body == b"/books/a%2Fb"
    assert (await rig.get("/books/a/b")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/private%2F1",
        "/private%2f1",
        "/private%252F1",
        "/private%255C1",
        "//private/1",
        "/%2Fprivate/1",
        "/private;x/1",
        "/private%3Bx/1",
        "/a/..;/private/1",
        "/%2570rivate/1",
        "/private/%252e%252e/a",
        "/reports%2Fyear",
    ],
)
@pytest.mark.parametrize("public", ["ANY /{proxy+}", "$default"])
async def test_no_spelling_of_a_path_walks_past_the_authoriser(path: str, public: str, rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route(public)
    rig.add_route("ANY /private/{proxy+}", AuthorizationType="JWT", AuthorizerId="users")
    rig.add_route("GET /reports/{name}", AuthorizationType="JWT", AuthorizerId="users", AuthorizationScopes=["read"])
    await rig.up()
    assert (await rig.get("/private/1")).status == 401
    assert (await rig.get("/public/1")).status == 200
    reply = await rig.get(path)
    assert (reply.status, reply.json) == (400, {"message": "Bad Request"})
    assert len(service.received) == 1


async def test_a_path_of_several_readings_passes_where_all_admit_the_same(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("ANY /{proxy+}")
    rig.add_route("GET /books/{id}")
    await rig.up()
    for path in ("/books/a%2Fb", "/books;x/1", "//books/1", "/books/a%252Fb"):
        assert (await rig.get(path)).body == path.encode()


async def test_the_absolute_form_is_a_path(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books")
    await rig.up()
    reply = await rig.get("http://api.local:1234/books?x=1")
    assert (reply.status, reply.body) == (200, b"/books?x=1")


async def test_long_heads_are_too_large(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    fits = 10_240 - len(b"GET / HTTP/1.1\r\nHost: api.local:1234\r\nx: \r\n\r\n")
    assert (await rig.get("/", x="a" * fits)).status == 200
    for reply in (
        await rig.get("/", x="a" * (fits + 1)),
        await rig.get("/" + "a" * 20_000),
        await rig.send(GOOD + b"".join(b"X%d: y\r\n" % n for n in range(5000)) + b"\r\n"),
        await rig.send(GOOD + b"x: " + b"a" * 200_000),  # and no end in sight
    ):
        assert (reply.status, reply.json) == (431, {"message": "Request Header Fields Too Large"})
    assert len(service.received) == 1


@pytest.mark.parametrize("integration", ["service", "function"])
async def test_bodies_over_ten_megabytes_are_too_large(integration: str, rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("POST /upload", integration)
    await rig.up()
    body = b"x" * (11 * 1024 * 1024)
    reply = await rig.post("/upload", body)
    assert (reply.status, reply.json) == (413, {"message": "Request Entity Too Large"})
    chunked = b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = await rig.send(chunked + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    assert reply.status == 413
    assert not service.received
    assert not rig.invoked


async def test_ten_megabytes_pass_to_a_service_but_not_into_an_event(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("POST /upload")
    rig.add_route("POST /function", "function")
    await rig.up()
    body = b"x" * (10 * 1024 * 1024)
    assert (await rig.post("/upload", body)).status == 200
    assert service.received[0].endswith(body)
    assert (await rig.post("/function", body, content_type="application/octet-stream")).status == 413


async def test_headers_that_wsgi_would_take_for_the_gateways_are_dropped(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    await rig.send(
        GOOD
        + b"X_Forwarded_For: 6.6.6.6\r\nX_Forwarded_Proto: https\r\nContent_Length: 9\r\nForwarded: for=6.6.6.6\r\n"
        b"X-Forwarded-Host: evil\r\nVia: evil\r\nConnection: x-mine, close\r\nX-Harmless_1: 1\r\n\r\n"
    )
    text = service.received[0].decode().lower()
    assert "6.6.6.6" not in text and "evil" not in text and "https" not in text and "content_length" not in text
    assert "x-harmless_1: 1" in text


async def test_hop_by_hop_headers_stay_on_their_hop(rig: Any, service: Any) -> None:
    service.answer = lambda received: (
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nProxy-Authenticate: x\r\n\r\n"
    )
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reply = await rig.send(
        GOOD + b"TE: trailers\r\nUpgrade: websocket\r\nKeep-Alive: 1\r\nProxy-Authorization: x\r\n\r\n"
    )
    assert not {"te", "upgrade", "keep-alive", "proxy-authorization", "connection"}.intersection(service.headers())
    assert not {"keep-alive", "upgrade", "proxy-authenticate"}.intersection(reply.headers)


async def test_a_slow_head_is_cut_off(rig: Any, service: Any) -> None:
    rig.limits = Limits(head_bytes=10_240, head_seconds=0.1)
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert not service.received


async def test_a_slow_body_is_cut_off(rig: Any, service: Any) -> None:
    rig.limits = Limits(head_bytes=10_240, head_seconds=0.2, body_seconds=0.1)
    rig.add_service(service)
    rig.add_route("POST /", "function")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert not rig.invoked


async def test_an_idle_connection_is_closed(rig: Any) -> None:
    rig.limits = Limits(head_bytes=10_240, head_seconds=0.2, idle_seconds=0.05)
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    assert await ends(reader)
    writer.close()


async def test_a_client_that_does_not_read_is_left(rig: Any, service: Any) -> None:
    service.answer = lambda received: b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 50_000_000
    rig.limits = Limits(head_bytes=10_240, head_seconds=0.2, stall_seconds=0.1)
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.wait_for(service.lost.wait(), 10)  # the gateway let the service go, too
    writer.close()


async def test_a_client_that_asks_first_is_told_to_go_on(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("POST /")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"hello")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    writer.close()
    assert "expect" not in service.headers()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        request, framing = parse_request(data + b"\r\n\r\n")
    except BadMessage as error:
        assert error.status == 400
        return
    assert request.target.startswith("/")
    assert framing.chunked or framing.length is not None


header_value = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)


@given(st.lists(st.tuples(st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), header_value), max_size=8))
def test_well_formed_headers_come_through_as_they_were(headers: list[tuple[str, str]]) -> None:
    special = {"host", "content-length", "transfer-encoding", "connection"}
    headers = [pair for pair in headers if pair[0] not in special]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    request, _ = parse_request(f"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode())
    assert request.headers == [("host", "a"), *headers]
