"""CORS as HTTP APIs do it."""

from typing import Any

import pytest

from homeport.local.data.gateway.api.cors import compile_cors, preflight, with_cors
from homeport.local.data.http.message import Request

CONFIGURATION = {
    "AllowOrigins": ["https://www.example.com", "https://127.0.0.1:21001", "https://*.example.org"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["authorization", "content-type"],
    "ExposeHeaders": ["x-total"],
    "AllowCredentials": True,
    "MaxAge": 300,
}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://www.example.com", True),
        ("http://www.example.com", False),  # only on loopback the scheme does not count
        ("http://127.0.0.1:21001", True),
        ("http://127.0.0.1:21002", False),
        ("https://shop.example.org", True),
        ("https://evil.example.com", False),
        ("https://www.example.com.evil.net", False),
        ("http://127.0.0.1:21001.evil.net", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_declared_origins_are_allowed(origin: str, allowed: bool) -> None:
    cors = compile_cors(CONFIGURATION)
    assert cors
    headers = dict(with_cors(cors, origin, []))
    assert headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_a_preflight_is_answered_with_what_is_allowed() -> None:
    cors = compile_cors(CONFIGURATION)
    assert cors
    request = Request(
        "OPTIONS", "/", [("origin", "https://www.example.com"), ("access-control-request-method", "POST")]
    )
    response = preflight(cors, request)
    assert response.status == 204
    assert dict(response.headers) == {
        "access-control-allow-origin": "https://www.example.com",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-max-age": "300",
    }


def test_any_origin_is_answered_with_a_star() -> None:
    cors = compile_cors({"AllowOrigins": ["*"]})
    assert cors
    assert dict(with_cors(cors, "https://a.b", []))["access-control-allow-origin"] == "*"


async def test_the_gateway_answers_preflights_and_replaces_the_services_headers(rig: Any, service: Any) -> None:
    service.answer = lambda received: (
        b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Max-Age: 1\r\nContent-Length: 0\r\n\r\n"
    )
    rig.add_service(service)
    rig.add_route("GET /books", AuthorizationType="JWT", AuthorizerId="users")
    rig.add_route("GET /open")
    rig.api["CorsConfiguration"] = CONFIGURATION
    await rig.up()
    asked = {"origin": "https://www.example.com", "access_control_request_method": "GET"}
    answered = await rig.get("/books", method="OPTIONS", **asked)
    assert (answered.status, answered.body) == (204, b"")
    assert answered.headers["access-control-allow-origin"] == "https://www.example.com"
    foreign = await rig.get("/books", method="OPTIONS", **{**asked, "origin": "https://evil.net"})
    assert (foreign.status, "access-control-allow-origin" in foreign.headers) == (204, False)
    assert not service.received
    reply = await rig.get("/open", origin="https://www.example.com")
    assert reply.headers["access-control-allow-origin"] == "https://www.example.com"
    assert reply.headers["access-control-expose-headers"] == "x-total"
    assert "access-control-max-age" not in reply.headers
    refused = await rig.get("/books", origin="https://www.example.com")
    assert refused.status == 401  # and the page may read why
    assert refused.headers["access-control-allow-origin"] == "https://www.example.com"
    assert "access-control-allow-origin" not in (await rig.get("/open")).headers


async def test_without_a_configuration_the_services_own_headers_pass(rig: Any, service: Any) -> None:
    service.answer = lambda received: b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n"
    rig.add_service(service)
    rig.add_route("ANY /books")
    await rig.up()
    preflighted = await rig.get("/books", method="OPTIONS", origin="https://a.b", access_control_request_method="GET")
    assert preflighted.headers["access-control-allow-origin"] == "*"
    assert len(service.received) == 1
