"""Domains of apps, and their certificates → those of services and environments."""

from pathlib import Path

from homeport.heroku.convert import convert
from homeport.heroku.records import Certificate, Domain
from tests.heroku.convert.small import app, load, of
from tests.heroku.convert.team import team


def test_each_service_keeps_its_urls_at_its_own_domains(tmp_path: Path) -> None:
    converted = convert(team())
    platform = load(converted, tmp_path)
    for name, domain in (("shop", "www.acme-books.example"), ("api", "api.acme-books.example")):
        assert [route.route for route in platform.services[name].routes] == ["ANY /", "ANY /{proxy+}"]
        for environment, expected in (("prod", (domain,)), ("stage", ()), ("local", ())):
            assert platform.in_environment(environment).services[name].domains == expected
    told = {entry.title: entry for entry in converted.report.changed}
    entry = told["domain www.acme-books.example"]
    assert entry.why.startswith("leads to shop in prod") and "`homeport domains prod`" in entry.todo
    assert "addresses of herokuapp.com" in {entry.title for entry in converted.report.not_moved}


def test_a_domain_that_two_apps_have_and_one_that_is_none_do_not_move(tmp_path: Path) -> None:
    names = ("www.acme.example", "WWW.acme.example", "bücher.example", "b_c.example", "*.acme.example")
    domains = [Domain(origin=f"domain-{n}", app="acme-www", hostname=name) for n, name in enumerate(names)]
    twice = Domain(origin="other", app="acme-api", hostname="www.acme.example")
    converted = convert(of(app("acme-www"), app("acme-api"), *domains, twice), name="acme")
    prod = load(converted, tmp_path).in_environment("prod")
    kept = [*(prod.services["api"].domains or ()), *(prod.services["www"].domains or ())]
    assert sorted(kept) == ["*.acme.example", "www.acme.example", "xn--bcher-kva.example"]
    refused = {entry.title: entry.why for entry in converted.report.not_moved}
    assert refused["domain b_c.example"] == "AWS takes no such name"
    assert refused["domain www.acme.example"] == "another app has it too, and a domain leads to one place"


def test_certificates_that_heroku_renews_move_and_others_are_made_anew() -> None:
    renewed = Certificate(origin="acm", app="acme-www", name="acm", is_acm=True)
    bought = Certificate(origin="sni", app="acme-www", name="bought")
    report = convert(of(app("acme-www"), renewed, bought), name="acme").report
    assert "certificates that Heroku renews" in {entry.title for entry in report.moved}
    assert "certificates of your own" in {entry.title for entry in report.changed}
