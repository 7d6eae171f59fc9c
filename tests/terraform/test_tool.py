"""Which program is used: found on the PATH, asked for its version."""

from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.terraform.tool import find_tool


def program(folder: Path, name: str, answer: str) -> None:
    """A program that answers any command."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\nprintf '%s' '{answer}'\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


def test_terraform_is_used_if_it_is_new_enough(folder: Path) -> None:
    program(folder, "terraform", '{"terraform_version": "1.11.4"}')
    program(folder, "tofu", '{"terraform_version": "1.12.0"}')
    tool = find_tool({"PATH": str(folder)})
    assert (tool.name, tool.version, tool.registry) == ("terraform", "1.11.4", "registry.terraform.io")


def test_tofu_is_used_if_terraform_is_too_old(folder: Path) -> None:
    program(folder, "terraform", '{"terraform_version": "1.5.7"}')
    program(folder, "tofu", '{"terraform_version": "1.11.0-rc1"}')
    tool = find_tool({"PATH": str(folder)})
    assert (tool.name, tool.registry) == ("tofu", "registry.opentofu.org")


def test_too_old_says_what_was_found_and_what_is_expected(folder: Path) -> None:
    program(folder, "terraform", '{"terraform_version": "1.10.9"}')
    with pytest.raises(HomeportError, match=r"Terraform 1\.10\.9 .* is too old; expected 1\.11 or newer"):
        find_tool({"PATH": str(folder)})


def test_none_at_all_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="neither terraform nor tofu is on the PATH") as caught:
        find_tool({"PATH": str(tmp_path)})
    assert "install" in caught.value.hint


@pytest.mark.parametrize("answer", ["", "not json", "[]", "{}"])
def test_a_program_that_does_not_say_its_version_is_named(folder: Path, answer: str) -> None:
    program(folder, "terraform", answer)
    with pytest.raises(HomeportError, match="terraform: does not say its version"):
        find_tool({"PATH": str(folder)})
