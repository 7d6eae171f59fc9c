"""Python versions and their precedence."""

import pytest

from homeport.heroku.files.findings import Place
from homeport.heroku.files.python import choose_version, parse_python_version, parse_runtime
from homeport.heroku.records import Inventory, PythonVersion


def version(found: Inventory) -> str:
    return next((record.version for record in found.of(PythonVersion)), "")


def read(text: str) -> Inventory:
    return parse_python_version(text, Place("shop/.python-version", "shop"))


@pytest.mark.parametrize("text", ["3.12", "3.12\n", "# the version\n\n3.12  # ours\n"])
def test_a_version_is_read_without_a_doubt(text: str) -> None:
    assert version(read(text)) == "3.12"
    assert not read(text).doubts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python-3.12.1", "3.12.1"),
        ("Python 3.12", "3.12"),
        ("v3.12", "3.12"),
        ("3.12.*", "3.12"),
        ("3.12-dev", "3.12"),
        ("3.12\n3.11", "3.12"),
        ("3.6.8", "3.6.8"),
        ("pypy3.9", ""),
        ("latest", ""),
        ("", ""),
    ],
)
def test_misspelt_and_old_versions_are_taken_as_far_as_they_can_and_doubted(text: str, expected: str) -> None:
    assert version(read(text)) == expected
    assert [doubt.place.split(":")[0] for doubt in read(text).doubts] == ["shop/.python-version"]


def test_runtime_txt_wins_and_a_contradiction_is_doubted() -> None:
    runtime = parse_runtime("python-3.11.10", Place("shop/runtime.txt", "shop"))
    chosen = choose_version([runtime, read("3.11.8")])
    assert version(chosen) == "3.11.10"
    assert [d.text for d in chosen.doubts if "shop/.python-version:1 says 3.11.8" in d.text]


def test_a_version_that_is_only_less_exact_is_no_contradiction() -> None:
    runtime = parse_runtime("python-3.12.1", Place("shop/runtime.txt", "shop"))
    assert [doubt.place for doubt in choose_version([runtime, read("3.12")]).doubts] == ["shop/runtime.txt"]
