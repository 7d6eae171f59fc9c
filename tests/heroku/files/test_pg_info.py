"""Texts of pg:info and redis:info."""

import pytest

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.pg_info import parse_pg_info
from homeport.heroku.records import DatabaseFacts


def read(text: str) -> list[DatabaseFacts]:
    found = Findings(Place("saved/pg-shop.out", "shop"))
    parse_pg_info(text, found)
    return list(found.inventory().of(DatabaseFacts))


def test_several_databases_are_told_apart_with_their_lines() -> None:
    text = "=== DATABASE_URL, BLUE_URL\nTables: 3\n\n=== GREEN_URL\nAdd-on: postgresql-flat-1\nFollowing: BLUE\n"
    facts = read(text)
    assert [(one.origin, one.addon, one.tables, one.followers) for one in facts] == [
        ("saved/pg-shop.out:1", "DATABASE_URL", 3, ()),
        ("saved/pg-shop.out:4", "postgresql-flat-1", None, ("BLUE",)),
    ]


@pytest.mark.parametrize(
    ("written", "size", "plan"),
    [
        ("8.6 MB", round(8.6 * 1024**2), None),
        ("1 TB / 2 TB", 1024**4, 2 * 1024**4),
        ("512 kB / 1 GB (0.1%)", 512 * 1024, 1024**3),
        ("9 bytes", 9, None),
        ("much", None, None),
    ],
)
def test_sizes_are_bytes_or_unknown(written: str, size: int | None, plan: int | None) -> None:
    (facts,) = read(f"=== DATABASE_URL\nData Size: {written}\n")
    assert (facts.size_bytes, facts.plan_bytes) == (size, plan)


@pytest.mark.parametrize(("written", "used", "most"), [("3/20", 3, 20), ("3", 3, None), ("-", None, None)])
def test_connections_may_have_a_limit(written: str, used: int | None, most: int | None) -> None:
    (facts,) = read(f"=== DATABASE_URL\nConnections: {written}\n")
    assert (facts.connections, facts.connections_max) == (used, most)
