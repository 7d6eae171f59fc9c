"""Places in a Python file, and edits at them."""

import libcst as cst
import pytest

from homeport.doctor.module import Module, parse_module
from homeport.doctor.patches import edit_text


def module(text: str) -> Module:
    return parse_module("settings.py", text)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_are_characters_of_the_text(newline: str) -> None:
    text = newline.join(['X = "ü"', "if a:", "    Y = {", "        'ß': 1,", "    }", ""])
    found = module(text)
    first, second = found.facts.assignments
    assert (found.code(first.value), found.place(first.value)) == ('"ü"', (1, 5))
    assert found.code(second.value) == newline.join(["{", "        'ß': 1,", "    }"])


def test_lines_are_written_below_a_statement_at_its_indentation() -> None:
    found = module("if a:\n\tX = (\n\t\t1\n\t)  # one\nY = 2")
    first, second = found.facts.assignments
    edits = [
        found.insert_after_line(first.statement, "A = 1\nB = 2"),
        found.insert_after_line(second.statement, "C = 3"),
    ]
    assert edit_text(found.text, edits) == "if a:\n\tX = (\n\t\t1\n\t)  # one\n\tA = 1\n\tB = 2\nY = 2\nC = 3\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import sys\n", "import os\nimport sys\n"),
        ('"""Doc."""\n\nfrom __future__ import annotations\n\nimport sys\n', None),
        ('#!/usr/bin/env python\n"""Doc."""\nX = 1\n', '#!/usr/bin/env python\n"""Doc."""\nimport os\nX = 1\n'),
        ("import os.path, os\n", "import os.path, os\n"),
        ("import os as o\n", "import os\nimport os as o\n"),
        ("if a:\n    import sys\nX = 1\n", "import os\nif a:\n    import sys\nX = 1\n"),
        ("", "import os\n"),
    ],
)
def test_imports_come_before_the_first(before: str, after: str | None) -> None:
    expected = before.replace("import sys", "import os\nimport sys") if after is None else after
    assert edit_text(before, module(before).import_edits("os")) == expected


def test_python_2_is_refused() -> None:
    with pytest.raises(cst.ParserSyntaxError):
        module("print 'x'\n")
