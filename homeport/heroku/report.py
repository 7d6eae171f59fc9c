"""What became of each record: moved as it is, moved with a change, or not moved; as Markdown and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from homeport.heroku.records import Doubt, Unreadable

MOVED, CHANGED, NOT_MOVED = "moved as is", "moved with a change", "not moved"


@dataclass(frozen=True)
class Entry:
    """One thing that is told, and the origins of the records that it covers."""

    title: str
    why: str
    todo: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """Something in the code that breaks off Heroku, as `homeport doctor` finds it."""

    place: str  # `shop/settings.py:12`
    text: str
    todo: str = ""


@dataclass(frozen=True)
class Report:
    """Each record is in exactly one of the three lists. `next_steps` are in the order in which they are done.

    `remembered` is what stays as an earlier import had it, and why.
    """

    platform: str
    moved: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()
    not_moved: tuple[Entry, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    findings: tuple[Finding, ...] = ()
    next_steps: tuple[str, ...] = ()
    remembered: tuple[str, ...] = ()

    def with_findings(self, findings: Iterable[Finding]) -> "Report":
        return replace(self, findings=(*self.findings, *findings))

    def with_remembered(self, lines: Iterable[str]) -> "Report":
        return replace(self, remembered=(*self.remembered, *lines))

    def lists(self) -> dict[str, tuple[Entry, ...]]:
        return {MOVED: self.moved, CHANGED: self.changed, NOT_MOVED: self.not_moved}


INTRODUCTIONS = {
    NOT_MOVED: "Nothing in homeport.yml stands for these. Decide about each one before Heroku is switched off.",
    CHANGED: "These work, once you have done what is asked.",
    MOVED: "These are in homeport.yml or homeport.usage.yml as they were.",
}


def render_markdown(report: Report) -> str:
    """Text of import-report.md: what needs a person comes first."""
    lists = report.lists()
    counts = ", ".join(f"{count(entries)} {name}" for name, entries in lists.items())
    lines = [f"# Import of {_inline(report.platform)}", "", f"{counts}. Every record that was read is in one list."]
    lines += _numbered("Next steps", report.next_steps)
    for name in (NOT_MOVED, CHANGED, MOVED):
        lines += ["", f"## {name.capitalize()} ({count(lists[name])})", "", INTRODUCTIONS[name]]
        lines += [line for entry in lists[name] for line in ("", *_entry(entry))] or ["", "None."]
    lines += _bullets("Found in the code", [_finding(finding) for finding in report.findings])
    lines += _bullets("Kept from earlier imports", [_inline(text) for text in report.remembered])
    lines += _bullets("Could not be read", [_unread(item) for item in report.unreadable])
    lines += _bullets("Doubts", [f"`{_inline(d.place)}`: {_inline(d.text)}" for d in report.doubts])
    return "\n".join(lines) + "\n"


def report_json(report: Report) -> dict[str, Any]:
    """The report as plain values; the three lists are `moved`, `changed` and `not_moved`."""
    document: dict[str, Any] = asdict(report)
    for item in document["unreadable"]:
        del item["origins"], item["remembered"]  # they are for the next import
    return document


def count(entries: Sequence[Entry]) -> int:
    """Records that these entries cover."""
    return sum(len(entry.origins) for entry in entries)


def _entry(entry: Entry) -> list[str]:
    lines = [f"- **{_inline(entry.title)}**" + (f": {_inline(entry.why)}" if entry.why else "")]
    if entry.todo:
        lines.append(f"  To do: {_inline(entry.todo)}")
    return [*lines, f"  From: {', '.join(f'`{_inline(origin)}`' for origin in entry.origins)}"]


def _finding(finding: Finding) -> str:
    todo = f" To do: {_inline(finding.todo)}" if finding.todo else ""
    return f"`{_inline(finding.place)}`: {_inline(finding.text)}{todo}"


def _unread(item: Unreadable) -> str:
    of = f" of {item.app}" if item.app not in item.what else ""
    request = f" (request {item.request_id})" if item.request_id else ""
    return f"{_inline(item.what + of)}: {_inline(item.reason + request)}"


def _bullets(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"## {title} ({len(items)})", "", *(f"- {item}" for item in items)] if items else []


def _numbered(title: str, items: Sequence[str]) -> list[str]:
    numbered = [f"{number}. {_inline(item)}" for number, item in enumerate(items, start=1)]
    return ["", f"## {title}", "", *numbered] if items else []


def _inline(text: str) -> str:
    """On one line and printable, so that what was read cannot make headings or entries of its own."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
