"""Patches → new texts of files. Patches to one file compose; two that would change the same characters do not."""

import ast
import difflib
import re
import warnings
from collections.abc import Iterable, Mapping

from homeport.doctor.finding import Edit, Finding, Patch

NEWLINE = re.compile(r"\r\n|\r|\n")


def compose_patches(texts: Mapping[str, str], findings: Iterable[Finding]) -> tuple[dict[str, str], list[Finding]]:
    """New text of each file that the findings' patches change, and the findings left out.

    Left out are those without a patch and those whose patch would change what an earlier one changes. The same edit
    from two patches (an `import os`) is made once.
    """
    chosen: dict[str, list[Edit]] = {}
    left: list[Finding] = []
    for finding in findings:
        if finding.patch is None or not _fits(chosen, finding.patch):
            left.append(finding)
            continue
        for edit in finding.patch.edits:
            edits = chosen.setdefault(edit.file, [])
            if edit not in edits:
                edits.append(edit)
    return {file: edit_text(texts[file], edits) for file, edits in chosen.items()}, left


def edit_text(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made. Insertions at one place keep the order in which they are given."""
    newline = newline_of(text)
    for edit in reversed(sorted(edits, key=lambda edit: (edit.start, edit.end))):
        text = text[: edit.start] + NEWLINE.sub(newline, edit.text) + text[edit.end :]
    return text


def newline_of(text: str) -> str:
    """The line ending that the file uses first; a newline for a file of one line."""
    found = NEWLINE.search(text)
    return found[0] if found else "\n"


def is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def render_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A unified diff of the files in `after`, as `git apply` takes it."""
    lines: list[str] = []
    for file in sorted(after):
        old, new = before[file].splitlines(keepends=True), after[file].splitlines(keepends=True)
        for line in difflib.unified_diff(old, new, f"a/{file}", f"b/{file}"):
            lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def _fits(chosen: Mapping[str, list[Edit]], patch: Patch) -> bool:
    return not any(_collide(edit, other) for edit in patch.edits for other in chosen.get(edit.file, []))


def _collide(one: Edit, other: Edit) -> bool:
    """Whether both change the same characters; an insertion at the edge of a change does not."""
    if one == other:
        return False
    if one.start == one.end or other.start == other.end:
        inner, outer = (one, other) if one.start == one.end else (other, one)
        return outer.start < inner.start < outer.end
    return one.start < other.end and other.start < one.end
