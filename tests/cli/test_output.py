"""Tables are as wide as there is room for, and nothing of them is cut off."""

import pytest

from homeport.cli.output import print_table
from homeport.cli.overview import Overview, print_overview

COLUMNS, ROW = ("name", "what", "where"), ("n" * 30, "w" * 30, "x" * 60)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_what_is_piped_stands_on_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(COLUMNS, [ROW], optional=("what",))
    assert printed(capsys)[1] == "  ".join(ROW)


def test_where_it_is_narrow_optional_columns_go_and_cells_fold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table(COLUMNS, [ROW], optional=("what",))
    lines = printed(capsys)
    assert max(map(len, lines)) <= 80 and "what" not in lines[0]
    assert "".join(lines).count("n") == 31 and "".join(lines).count("x") == 60 and "…" not in "".join(lines)


def test_the_table_of_what_is_live_fits_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    things = [
        (
            "magicbook-local-order-placed-receipt → magicbook-local-receipt:live",
            "lambda:event-source-mapping",
            None,
            "",
        ),
        ("magicbook-local-cover", "lambda:function", None, "python3.11 · live → 2 · 5 warm"),
        ("magicbook-local-catalog-db", "rds:db-instance", "127.0.0.1:24904", "PostgreSQL 16.14 (bundled)"),
    ]
    keys = ("name", "type", "address", "detail")
    rows = tuple({**dict(zip(keys, thing, strict=True)), "live": True} for thing in things)
    print_overview(Overview("magicbook", "homeport", "/home", None, (), (), (), {}, rows, None, 0, None))
    lines = printed(capsys)
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("order-placed-receipt → receipt:live") for line in lines)
    assert any(line.startswith("catalog-db ") and "127.0.0.1:24904" in line for line in lines)


def test_services_with_an_api_of_their_own_are_told_with_their_domains(capsys: pytest.CaptureFixture[str]) -> None:
    shared, own = "http://127.0.0.1:21000", "http://127.0.0.1:21001"
    apis = ({"service": "shop", "url": own, "domains": ["shop.example", "*.shop.example"]},)
    route = {"route": "ANY /", "answered_by": "service shop", "auth": False, "url": own}
    print_overview(Overview("acme", "homeport", "/home", shared, (), apis, (route,), {}, (), None, 0, None))
    lines = printed(capsys)
    assert f"API      {own}   (shop, shop.example, *.shop.example)" in lines
    assert f"try      curl {own}/" in lines and f"domain   curl -H 'Host: shop.example' {own}/" in lines
    assert not any(shared in line for line in lines)  # nothing stands on it


def test_domains_of_the_shared_api_are_told_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    shared, domains = "http://127.0.0.1:21000", ("api.example", "*.api.example")
    route = {"route": "GET /books", "answered_by": "service catalog", "auth": False, "url": shared}
    print_overview(Overview("acme", "homeport", "/home", shared, domains, (), (route,), {}, (), None, 0, None))
    lines = printed(capsys)
    assert f"API      {shared}   (api.example, *.api.example)" in lines
    assert f"domain   curl -H 'Host: api.example' {shared}/" in lines
