"""An HTTP API over real sockets: from a client's bytes to a service or a function, and back."""

import asyncio
import json
from typing import Any

import pytest

from homeport.local.data.context import InvokeResult


async def test_a_request_reaches_the_service_behind_the_vpc_link(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books/{id}")
    await rig.up()
    reply = await rig.get("/books/a%2Fb?x=1&x=2", authorization="Bearer opaque", x_forwarded_for="6.6.6.6")
    assert (reply.status, reply.body) == (200, b"/books/a%2Fb?x=1&x=2")
    headers = service.headers()
    assert headers["host"] == "api.local:1234"
    assert headers["forwarded"] == "by=127.0.0.1;for=127.0.0.1;host=api.local:1234;proto=http"
    assert headers["via"] == "HTTP/1.1 AmazonAPIGateway"
    assert headers["x-forwarded-for"] == "127.0.0.1"  # what the client claims is dropped
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == "10000"
    assert headers["authorization"] == "Bearer opaque"
    assert headers["x-amzn-trace-id"].startswith("Self=1-") and ";Root=1-" in headers["x-amzn-trace-id"]
    assert len(reply.headers["apigw-requestid"]) == 16


async def test_connections_to_clients_and_services_are_kept(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    for number in range(5):
        writer.write(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        assert await reader.readexactly(2) == b"/%d" % number
    writer.close()
    assert service.connections == 1


async def test_pipelined_requests_are_answered_in_order(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(8)))
    for number in range(8):
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(2) == b"/%d" % number
    writer.close()


async def test_bodies_pass_in_both_directions(rig: Any, service: Any) -> None:
    body = bytes(range(256)) * 8000
    service.answer = lambda received: (
        b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(body) + received.partition(b"\r\n\r\n")[2]
    )
    rig.add_service(service)
    rig.add_route("POST /upload")
    await rig.up()
    reply = await rig.post("/upload", body)
    assert reply.status == 201
    assert reply.body == body


async def test_a_chunked_request_reaches_the_service_with_its_length(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("POST /upload")
    await rig.up()
    reply = await rig.send(
        b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;note=x\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
    )
    assert reply.status == 200
    assert service.received[-1].endswith(b"\r\n\r\nhello world")
    assert service.headers()["content-length"] == "11"
    assert "transfer-encoding" not in service.headers()


async def test_an_answer_without_length_ends_with_its_connection(rig: Any, service: Any) -> None:
    sent = []

    def once(received: bytes) -> bytes | None:
        sent.append(received)
        return b"HTTP/1.0 200 OK\r\n\r\nuntil the end"

    service.answer = once
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()

    async def ask() -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(await reader.readline(), 16)
        piece = await reader.readexactly(size)
        writer.close()
        return head, piece

    head, piece = await ask()
    assert b"transfer-encoding: chunked" in head
    assert piece == b"until the end"


async def test_head_has_the_length_but_no_body(rig: Any, service: Any) -> None:
    service.answer = lambda received: b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
    rig.add_service(service)
    rig.add_route("ANY /books")
    await rig.up()
    reply = await rig.get("/books", method="HEAD")
    assert (reply.status, reply.headers["content-length"]) == (200, "11")


async def test_routes_stages_and_what_is_not_found(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books")
    rig.api["Stages"].append({"StageName": "beta"})
    await rig.up()
    assert (await rig.get("/books")).status == 200
    assert (await rig.get("/beta/books")).body == b"/beta/books"  # the stage stays in the path, as on AWS
    missing = await rig.get("/nowhere")
    assert (missing.status, missing.json) == (404, {"message": "Not Found"})
    assert missing.headers["content-type"] == "application/json"
    assert (await rig.get("/books", method="POST")).status == 404
    assert (await rig.get("/books", method="HEAD")).status == 404  # GET does not stand for HEAD


async def test_an_api_without_a_default_stage_answers_under_its_stages_only(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books")
    rig.api["Stages"] = [{"StageName": "beta"}]
    await rig.up()
    assert (await rig.get("/books")).status == 404
    assert (await rig.get("/beta/books")).status == 200


async def test_a_disabled_endpoint_finds_nothing(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    rig.api["DisableExecuteApiEndpoint"] = True
    await rig.up()
    assert (await rig.get("/")).status == 404


async def test_a_change_of_routes_takes_effect_on_open_connections(rig: Any, service: Any) -> None:
    rig.add_service(service)
    await rig.up()
    port = rig.port
    assert (await rig.get("/new")).status == 404
    rig.api = {**rig.api, "Routes": [{"RouteKey": "GET /new", "Target": "integrations/service"}]}
    await rig.up()
    assert (await rig.get("/new")).status == 200
    assert rig.port == port


async def test_parameters_are_mapped_on_the_way_and_back(rig: Any, service: Any) -> None:
    service.answer = lambda received: b"HTTP/1.1 418 I'm a teapot\r\nX-Old: 1\r\nContent-Length: 0\r\n\r\n"
    rig.add_service(service)
    rig.integration("service").update(
        RequestParameters={
            "overwrite:path": "/internal/$request.path.id",
            "append:header.x-stage": "$context.stage",
            "overwrite:header.x-who": "hello ${request.header.x-name}!",
            "remove:querystring.secret": "''",
            "append:querystring.page": "$request.querystring.p",
            "overwrite:header.x-forwarded-for": "1.2.3.4",  # reserved: nothing happens
        },
        ResponseParameters={"418": {"overwrite:statuscode": "403", "append:header.x-new": "$response.header.x-old"}},
    )
    rig.add_route("GET /books/{id}")
    await rig.up()
    reply = await rig.get("/books/a%20b?secret=1&p=2", x_name="Ada")
    assert service.line() == "GET /internal/a%20b?p=2&page=2 HTTP/1.1"
    assert service.headers()["x-stage"] == "$default"
    assert service.headers()["x-who"] == "hello Ada!"
    assert service.headers()["x-forwarded-for"] == "127.0.0.1"
    assert (reply.status, reply.headers["x-new"]) == (403, "1")


async def test_a_public_url_gets_its_own_host_and_the_path_parameters(rig: Any, service: Any) -> None:
    rig.add_integration(
        "public",
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri=f"http://127.0.0.1:{service.port}/v1/{{id}}/x?fixed=1",
    )
    rig.add_route("GET /p/{id}", "public")
    await rig.up()
    assert (await rig.get("/p/a%2Fb?q=2")).status == 200
    assert service.line() == "GET /v1/a%2Fb/x?fixed=1&q=2 HTTP/1.1"
    assert service.headers()["host"] == f"127.0.0.1:{service.port}"


async def test_nothing_here_reaches_aws(rig: Any) -> None:
    rig.add_integration("aws", IntegrationType="HTTP_PROXY", IntegrationUri="https://sqs.eu-central-1.amazonaws.com/")
    rig.add_route("GET /", "aws")
    await rig.up()
    assert (await rig.get("/")).status == 503


async def test_a_function_is_asked_and_answers(rig: Any) -> None:
    rig.answers["function"] = {
        "statusCode": 201,
        "headers": {"X-One": "1", "content-type": "application/json"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": '{"ok":true}',
    }
    rig.add_route("POST /quotes/{id}", "function")
    await rig.up()
    reply = await rig.post("/quotes/7?a=1&a=2&b=", b'{"x":1}', content_type="application/json", cookie="c=1; d=2")
    assert (reply.status, reply.json, reply.headers["x-one"]) == (201, {"ok": True}, "1")
    assert reply.raw.count(b"set-cookie: ") == 2
    arn, qualifier, event = rig.invoked[0]
    assert (arn.endswith(":function:quote"), qualifier) == (True, "live")
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /quotes/{id}"
    assert (event["rawPath"], event["rawQueryString"]) == ("/quotes/7", "a=1&a=2&b=")
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert event["pathParameters"] == {"id": "7"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"x":1}', False)
    assert event["headers"]["content-length"] == "7"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-port"] == str(rig.port)
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["apiId"] == "abc123"


async def test_a_functions_failures_are_internal_server_errors(rig: Any) -> None:
    rig.add_route("GET /f", "function")
    await rig.up()
    for result in (
        InvokeResult(b'{"errorMessage": "x"}', function_error="Unhandled"),
        InvokeResult(b"not json"),
        InvokeResult(json.dumps({"statusCode": "nonsense"}).encode()),
        InvokeResult(json.dumps({"statusCode": 200, "body": {"not": "text"}}).encode()),
        InvokeResult(json.dumps({"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b"}}).encode()),
        InvokeResult(json.dumps({"statusCode": 200, "body": "%%", "isBase64Encoded": True}).encode()),
    ):
        rig.answers["function"] = result
        reply = await rig.get("/f")
        assert (reply.status, reply.json) == (500, {"message": "Internal Server Error"})
    rig.answers["function"] = InvokeResult(b"", throttled=True)
    assert (await rig.get("/f")).status == 503


async def test_a_function_that_takes_too_long_is_a_gateway_timeout(rig: Any) -> None:
    async def never() -> InvokeResult:
        await asyncio.Event().wait()
        raise AssertionError

    rig.answers["function"] = never
    rig.integration("function")["TimeoutInMillis"] = 50
    rig.add_route("GET /f", "function")
    await rig.up()
    reply = await rig.get("/f")
    assert (reply.status, reply.json) == (504, {"message": "Gateway Timeout"})


async def test_a_service_that_takes_too_long_is_a_gateway_timeout_and_let_go(rig: Any, service: Any) -> None:
    service.silent = True
    rig.integration("service")["TimeoutInMillis"] = 50
    rig.add_service(service)
    rig.add_route("GET /slow")
    await rig.up()
    reply = await rig.get("/slow")
    assert (reply.status, reply.json) == (504, {"message": "Gateway Timeout"})
    await asyncio.wait_for(service.lost.wait(), 5)


async def test_a_client_that_leaves_ends_what_it_asked_for(rig: Any, service: Any) -> None:
    service.silent = True
    rig.add_service(service)
    rig.add_route("GET /slow")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.wait_for(service.arrived.wait(), 5)
    writer.close()
    await asyncio.wait_for(service.lost.wait(), 5)


async def test_without_a_healthy_target_the_load_balancer_says_so(rig: Any) -> None:
    rig.add_route("$default")
    await rig.up()
    reply = await rig.get("/")
    assert reply.status == 503
    assert b"<h1>503 Service Temporarily Unavailable</h1>" in reply.body
    assert reply.headers["server"] == "awselb/2.0"


async def test_a_service_that_is_broken_is_a_bad_gateway(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    for answer in (
        None,
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ):
        service.answer = lambda received, answer=answer: answer
        reply = await rig.get("/")
        assert (reply.status, b"502 Bad Gateway" in reply.body) == (502, True)


async def test_a_service_that_breaks_off_its_answer_breaks_the_clients_too(rig: Any, service: Any) -> None:
    def half(received: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\nhalf"

    service.answer = half
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"half")
    assert rig.gateway is not None
    await rig.gateway.stop()  # the service never ends: the gateway does
    rest = await reader.read()
    assert rest == b""
    writer.close()
    rig.gateway = None


async def test_throttling_answers_429(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books")
    rig.stage["DefaultRouteSettings"] = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.001}
    await rig.up()
    replies = [await rig.get("/books") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[2].json == {"message": "Too Many Requests"}


async def test_each_request_is_a_line_in_the_access_log(rig: Any, service: Any) -> None:
    rig.add_service(service)
    rig.add_route("GET /books/{id}")
    rig.stage["AccessLogSettings"] = {
        "DestinationArn": "arn:aws:logs:eu-central-1:100000000001:log-group:/homeport/local/api:*",
        "Format": '{"id":"$context.requestId","status":$context.status,"route":"$context.routeKey",'
        '"agent":"$context.identity.userAgent","who":"$context.authorizer.claims.sub","bytes":$context.responseLength}',
    }
    await rig.up()
    await rig.get("/books/1", user_agent='curl "x"')
    await rig.get("/nowhere")
    (account, _, group, stream, line), (*_, missing) = rig.logged
    assert (account, group) == ("100000000001", "/homeport/local/api")
    assert stream.endswith("/abc123/$default")
    assert '"status":200,"route":"GET /books/{id}"' in line
    assert '"agent":"curl \\x22x\\x22"' in line
    assert '"bytes":8}' in line
    assert '"status":404,"route":"-"' in missing


async def test_an_answer_that_stalls_halfway_ends(rig: Any, service: Any) -> None:
    service.answer = lambda received: b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf"
    rig.integration("service")["TimeoutInMillis"] = 50
    rig.add_service(service)
    rig.add_route("$default")
    await rig.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):  # what was promised does not come
        await asyncio.wait_for(reader.readexactly(1_000_000), 5)
    await asyncio.wait_for(service.lost.wait(), 5)
    writer.close()
