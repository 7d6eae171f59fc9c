"""The report as people and programs read it."""

import json

from homeport.heroku.records import Doubt, Unreadable
from homeport.heroku.report import Entry, Finding, Report, count, render_markdown, report_json

REPORT = Report(
    platform="shop",
    moved=(Entry("app shop: service shop", "", "", ("api: apps/shop",)),),
    not_moved=(Entry("feature x", "is not known", "look at it", ("a", "b")),),
    unreadable=(Unreadable("collaborators", "403", app="shop", request_id="r-1"),),
    doubts=(Doubt("shop/Procfile:3", "is odd"),),
    next_steps=("`homeport check`",),
)


def test_what_needs_a_person_comes_first() -> None:
    text = render_markdown(REPORT)
    places = [text.index(title) for title in ("## Next steps", "## Not moved (2)", "## Moved with a change (0)")]
    assert places == sorted(places) and places[-1] < text.index("## Moved as is (1)")
    assert "1 moved as is, 0 moved with a change, 2 not moved" in text


def test_each_entry_says_why_what_to_do_and_where_it_comes_from() -> None:
    assert "- **feature x**: is not known\n  To do: look at it\n  From: `a`, `b`" in render_markdown(REPORT)


def test_doubts_and_what_could_not_be_read_are_told() -> None:
    text = render_markdown(REPORT)
    assert "- collaborators of shop: 403 (request r-1)" in text
    assert "- `shop/Procfile:3`: is odd" in text
    assert "Found in the code" not in text


def test_findings_of_the_code_are_added() -> None:
    report = REPORT.with_findings([Finding("shop/settings.py:2", "is closed", "open it")])
    assert "- `shop/settings.py:2`: is closed To do: open it" in render_markdown(report)


def test_what_was_read_cannot_make_lines_of_its_own() -> None:
    odd = Report(platform="x\n# y", moved=(Entry("a\n\n## Not moved", "\x1b[31m", "", ("o\r\nb",)),))
    lines = render_markdown(odd).splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# Import of x # y",
        "## Not moved (0)",
        "## Moved with a change (0)",
        "## Moved as is (1)",
    ]
    assert "\x1b" not in "".join(lines)


def test_json_is_plain_and_counts_are_of_records() -> None:
    assert json.loads(json.dumps(report_json(REPORT)))["not_moved"][0]["origins"] == ["a", "b"]
    assert count(REPORT.not_moved) == 2
