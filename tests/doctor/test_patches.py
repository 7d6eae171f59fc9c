"""Patches compose, keep line endings, and are shown as diffs."""

import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.patches import compose_patches, edit_text, render_diff


def finding(*edits: Edit) -> Finding:
    return Finding("rule", "a", 1, 1, "warning", "title", "why", "todo", Patch(edits) if edits else None)


def test_patches_to_one_file_compose() -> None:
    one, two = finding(Edit("a", 0, 1, "X")), finding(Edit("a", 2, 2, "Y"), Edit("b", 0, 0, "Z"))
    assert compose_patches({"a": "abc", "b": ""}, [one, two]) == ({"a": "XbYc", "b": "Z"}, [])


def test_the_same_edit_of_two_patches_is_made_once() -> None:
    edit = Edit("a", 0, 0, "import os\n")
    after, _ = compose_patches({"a": "x\n"}, [finding(edit), finding(edit, Edit("a", 0, 1, "y"))])
    assert after == {"a": "import os\ny\n"}


def test_of_two_patches_to_the_same_characters_the_first_is_made() -> None:
    first, second = finding(Edit("a", 0, 2, "X")), finding(Edit("a", 1, 3, "Y"), Edit("a", 3, 3, "Z"))
    assert compose_patches({"a": "abcd"}, [first, second]) == ({"a": "Xcd"}, [second])


def test_a_finding_without_a_patch_is_left() -> None:
    assert compose_patches({"a": ""}, [finding()]) == ({}, [finding()])


def test_insertions_at_one_place_keep_their_order() -> None:
    assert edit_text("ab", [Edit("a", 1, 1, "1"), Edit("a", 1, 1, "2"), Edit("a", 1, 2, "B")]) == "a12B"


def test_new_lines_end_as_the_others_do() -> None:
    assert edit_text("a\r\nb\r\n", [Edit("a", 3, 3, "x\ny\n")]) == "a\r\nx\r\ny\r\nb\r\n"


@given(
    st.text("ab\n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("xy", max_size=3)))
)
def test_composed_edits_change_nothing_else(text: str, drawn: list[tuple[int, int, str]]) -> None:
    edits = [Edit("a", s, min(s + n, len(text)), new) for s, n, new in drawn if s <= len(text)]
    findings = [finding(edit) for edit in edits]
    after, left = compose_patches({"a": text}, findings)
    made = {edit for one in findings if one not in left and one.patch for edit in one.patch.edits}
    kept = "".join(c for i, c in enumerate(text) if not any(e.start <= i < e.end for e in made))
    assert "".join(c for c in after.get("a", text) if c not in "xy") == kept


def test_git_applies_the_diff_that_is_shown(tmp_path: Path) -> None:
    before, after = {"a.py": "one\ntwo", "b.py": "x\n"}, {"a.py": "one\n2\n3"}
    (tmp_path / "a.py").write_text(before["a.py"])
    diff = render_diff(before, after)
    assert diff.startswith("--- a/a.py\n+++ b/a.py\n")
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "a.py").read_text() == after["a.py"]
