"""Domains: what is refused, where it is told, and what leads where."""

from pathlib import Path
from typing import Any

import pytest

from homeport.errors import HomeportError
from homeport.model.domains import clean_domain, domains_of, find_domain_problem, find_zone
from homeport.model.load import check_text, parse_platform

FILE = Path("homeport.yml")
TWO = """\
name: shop
services:
  web:
    path: web
    processes: {web: {command: x}}
    routes: ["ANY /", "ANY /{proxy+}"]
    domains: []
  admin:
    path: admin
    processes: {web: {command: x}}
    routes: ["ANY /", "ANY /{proxy+}"]
    domains: []
environments:
  stage: {account: "210000000001"}
  prod:
    account: "210000000002"
    zones: [shop.example]
    api: {domains: [api.shop.example]}
    services:
      web: {domains: [shop.example, "*.shop.example"]}
      admin: {domains: [admin.shop.example]}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(HomeportError) as caught:
        check_text(FILE, text)
    return caught.value.message.splitlines()


def test_services_with_domains_may_have_the_same_routes() -> None:
    prod = parse_platform(FILE, TWO).in_environment("prod")
    assert domains_of(prod) == {
        "api.shop.example": "",
        "shop.example": "web",
        "*.shop.example": "web",
        "admin.shop.example": "admin",
    }
    assert domains_of(prod.in_environment("prod")) == domains_of(prod)
    assert domains_of(parse_platform(FILE, TWO).in_environment("stage")) == {}


def test_without_domains_the_same_routes_collide_as_before() -> None:
    found = mistakes(TWO.replace("    domains: []\n", ""))
    assert [line for line in found if "cannot be told from" in line and "services.admin.routes[0]" in line]


def test_routes_within_one_api_still_collide() -> None:
    (line,) = mistakes(TWO.replace('["ANY /", "ANY /{proxy+}"]', '["ANY /{a}", "ANY /{b}"]', 1))
    assert line == "homeport.yml:6: services.web.routes[1]: 'ANY /{b}' cannot be told from 'ANY /{a}' of web"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Shop.example", "did you mean 'shop.example'?"),
        ("https://shop.example/en", "did you mean 'shop.example'?"),
        ("shop.example.", "did you mean 'shop.example'?"),
        ("bücher.example", "did you mean 'xn--bcher-kva.example'?"),
        ("shop", "is not a domain such as shop.example.com"),
        ("10.0.0.1", "is not a domain"),
        ("-a.example", "is not a domain"),
        ("a..example", "is not a domain"),
        ("*.*.example", "is not a domain"),
        ("shop.*.example", "is not a domain"),
        ("", "is not a domain"),
        ("a" * 60 + ".example", "has 68 characters; a certificate of ACM takes 64"),
        ("shop.herokuapp.com", "belongs to herokuapp.com"),
        ("d-1.execute-api.eu-west-1.amazonaws.com", "belongs to amazonaws.com"),
    ],
)
def test_what_is_no_domain_is_refused_with_what_was_meant(written: str, expected: str) -> None:
    assert expected in find_domain_problem(written)
    assert expected not in ("", None) and find_domain_problem("shop.example") == ""


def test_mistakes_are_told_where_they_are_written() -> None:
    found = mistakes(TWO.replace('"*.shop.example"', "Shop.example").replace("[admin.shop.example]", "[shop.example]"))
    assert found == [
        "homeport.yml:20: environments.prod.services.web.domains[1]: 'Shop.example' is not a domain; did you mean "
        "'shop.example'?",
        "homeport.yml:21: environments.prod.services.admin.domains[0]: 'shop.example' already leads to web; a domain "
        "leads to one place",
    ]


def test_domains_need_routes() -> None:
    (line,) = mistakes(TWO.replace('    routes: ["ANY /", "ANY /{proxy+}"]\n', "", 1))
    assert line.startswith("homeport.yml:6: services.web.domains: gives the service an API of its own, and nothing")


@pytest.mark.parametrize("domains", ["shop.example", "[1]", "[[a]]", "{a: b}"])
def test_domains_of_another_type_are_told_and_break_nothing(domains: str) -> None:
    assert mistakes(TWO.replace('[shop.example, "*.shop.example"]', domains))
    assert mistakes(TWO.replace("{domains: [api.shop.example]}", f"{{domains: {domains}}}"))


def test_a_domain_belongs_to_one_environment_but_this_machine_has_it_too() -> None:
    both = TWO.replace("    domains: []", "    domains: [shop.example]", 1)
    (line,) = mistakes(both.replace('      web: {domains: [shop.example, "*.shop.example"]}\n', ""))
    assert line.startswith("homeport.yml:7: services.web.domains[0]: 'shop.example' would be in stage and in prod")
    alone = both.replace('  stage: {account: "210000000001"}\n', "").replace(
        'shop.example, "*.shop.example"', "shop.example"
    )
    assert domains_of(parse_platform(FILE, alone).in_environment("local")) == {"shop.example": "web"}


def test_zones_are_of_the_cloud() -> None:
    text = TWO.replace('  stage: {account: "210000000001"}', "  local: {zones: [shop.example]}")
    assert mistakes(text)[0].startswith("homeport.yml:14: environments.local.zones: the account on this machine has no")
    (line,) = mistakes(TWO.replace("zones: [shop.example]", 'zones: ["*.shop.example"]'))
    assert (
        line == "homeport.yml:17: environments.prod.zones[0]: '*.shop.example' is not a hosted zone such as example.com"
    )


def test_the_narrowest_zone_is_meant() -> None:
    zones = ("shop.example", "eu.shop.example", "op.example")
    names = ("a.eu.shop.example", "*.shop.example", "shop.example", "workshop.example")
    assert [find_zone(zones, name) for name in names] == ["eu.shop.example", "shop.example", "shop.example", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WWW.Shop.example.", "www.shop.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.shop.example", "*.shop.example"),
        ("a.herokuapp.com", ""),
        ("a b.example", ""),
        ("." * 80, ""),
        ("", ""),
    ],
)
def test_names_are_cleaned_or_refused(text: str, expected: Any) -> None:
    assert clean_domain(text) == expected
