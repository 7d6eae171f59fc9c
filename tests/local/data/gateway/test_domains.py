"""Custom domains over real sockets: the Host header decides which API answers, whichever port it came to."""

from typing import Any

import pytest

from homeport.local.data.context import InvokeResult
from homeport.local.data.gateway.api.domains import Mapped, compile_domains, find_mapped, mappings_of
from tests.local.data.gateway.conftest import arn_of


def mapping(api: str, key: str = "", stage: str = "$default") -> dict[str, Any]:
    return {"ApiId": api, "Stage": stage} | ({"ApiMappingKey": key} if key else {})


@pytest.fixture
def two(rig: Any) -> Any:
    """A shared API whose function says `quote`, and one of the shop's own that has the service at its root."""
    rig.answers["function"] = InvokeResult(b'{"statusCode": 200, "body": "shared"}')
    rig.add_route("ANY /", "function")
    shop = {**rig.api, "ApiId": "shop1", "Name": "shop", "Routes": []}
    for key in ("ANY /", "ANY /{proxy+}"):
        shop["Routes"].append({"RouteKey": key, "Target": "integrations/service"})
    rig.others.append(shop)
    rig.domains["shop.example.com"] = [mapping("shop1")]
    return rig


async def ask(rig: Any, path: str, host: str, port: int | None = None) -> Any:
    return await rig.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), port)


async def test_a_domain_reaches_its_service_on_every_port(two: Any, service: Any) -> None:
    two.add_service(service)
    await two.up()
    own = two.gateway.port(arn_of("shop1"))
    for port, host in ((two.port, "shop.example.com"), (own, "Shop.example.com:443"), (own, "127.0.0.1")):
        assert (await ask(two, "/cart", host, port)).body == b"/cart"
    assert (await ask(two, "/", "127.0.0.1", two.port)).body == b"shared"
    await ask(two, "/", "shop.example.com")
    headers = service.headers()
    assert headers["host"] == "shop.example.com"
    assert "host=shop.example.com;" in headers["forwarded"]


async def test_a_function_is_told_the_domain_it_was_called_at(two: Any) -> None:
    two.domains["api.example.com"] = [mapping("abc123")]
    await two.up()
    await ask(two, "/", "api.example.com", two.gateway.port(arn_of("shop1")))
    context = two.invoked[-1][2]["requestContext"]
    assert (context["domainName"], context["domainPrefix"]) == ("api.example.com", "api")


async def test_a_wildcard_takes_one_label_and_the_whole_name_comes_first(two: Any, service: Any) -> None:
    two.add_service(service)
    two.domains["*.example.com"] = [mapping("abc123")]
    await two.up()
    assert (await ask(two, "/", "any.example.com")).body == b"shared"
    assert (await ask(two, "/", "shop.example.com")).body == b"/"
    assert (await ask(two, "/x", "a.b.example.com")).status == 404  # no domain: the API of this port, without a route


async def test_a_domain_that_comes_or_goes_is_followed(two: Any, service: Any) -> None:
    two.add_service(service)
    await two.up()
    two.domains["shop.example.com"] = []
    await two.up()
    assert (await ask(two, "/", "shop.example.com")).status == 404
    del two.domains["shop.example.com"]
    await two.up()
    assert (await ask(two, "/", "shop.example.com")).body == b"shared"


async def test_an_api_may_answer_at_its_domains_only(two: Any, service: Any) -> None:
    two.add_service(service)
    two.others[0]["DisableExecuteApiEndpoint"] = True
    await two.up()
    own = two.gateway.port(arn_of("shop1"))
    assert (await ask(two, "/", "127.0.0.1", own)).status == 404
    assert (await ask(two, "/", "shop.example.com", own)).body == b"/"


async def test_a_key_of_the_mapping_is_no_part_of_the_routes_path(two: Any, service: Any) -> None:
    two.add_service(service)
    two.others[0]["Routes"] = [{"RouteKey": "GET /cart", "Target": "integrations/service"}]
    two.domains["shop.example.com"] = [mapping("abc123"), mapping("shop1", "v1")]
    await two.up()
    assert (await ask(two, "/v1/cart", "shop.example.com")).status == 200
    assert (await ask(two, "/", "shop.example.com")).body == b"shared"
    assert (await ask(two, "/v1/%zz", "shop.example.com")).status == 400


def test_hosts_are_compared_without_case_port_and_last_dot() -> None:
    domains = {"shop.example.com": (Mapped("a", "$default", ()),), "*.shop.example.com": ()}
    for host in ("shop.example.com", "SHOP.example.com.", "shop.example.com:8000"):
        assert mappings_of(domains, host) == domains["shop.example.com"]
    assert mappings_of(domains, "x.shop.example.com") == ()
    for host in ("", "example.com", "[::1]:80", "notshop.example.com"):
        assert mappings_of(domains, host) is None


def test_the_longest_key_wins() -> None:
    domains = compile_domains([])
    assert domains == {}
    mapped = (Mapped("c", "s", ("v1", "admin")), Mapped("b", "s", ("v1",)), Mapped("a", "s", ()))
    found = {path: find_mapped(mapped, path) for path in ("/v1/admin/x", "/v1", "/v2", "/")}
    assert [one.api_id for one in found.values() if one] == ["c", "b", "a", "a"]
    assert find_mapped(mapped[:2], "/v2") is None
