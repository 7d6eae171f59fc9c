"""Origins and doubts of one file."""

from homeport.heroku.files.findings import DOUBTS_MAX, Findings, Place
from homeport.heroku.records import Doubt


def test_two_things_in_one_line_have_two_origins() -> None:
    found = Findings(Place("shop/app.json", "shop"))
    assert [found.at(3), found.at(3), found.at(3, "env.A")] == [
        "shop/app.json:3",
        "shop/app.json:3 (2)",
        "shop/app.json:3: env.A",
    ]


def test_a_doubt_is_told_once_and_many_are_counted() -> None:
    found = Findings(Place("shop/x", "shop"))
    found.doubt(0, "is odd")
    found.doubt(0, "is odd")
    assert found.inventory().doubts == (Doubt("shop/x", "is odd"),)
    for line in range(1, 100):
        found.doubt(line, "is odd")
    doubts = found.inventory().doubts
    assert len(doubts) == DOUBTS_MAX + 1
    assert doubts[-1].text == f"has {100 - DOUBTS_MAX} more oddities like these"


def test_add_ons_of_one_service_are_numbered() -> None:
    found = Findings(Place("", ""))
    assert [found.name_addon("a"), found.name_addon("b"), found.name_addon("a")] == ["a", "b", "a-2"]
