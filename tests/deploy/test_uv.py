"""Which interpreter stands in for which."""

import sys
from typing import Any

import pytest

from homeport.deploy.uv import choose_python, find_python
from homeport.errors import HomeportError


def installed(*minors: int, implementation: str = "cpython") -> list[dict[str, Any]]:
    return [
        {"path": f"/p{m}", "implementation": implementation, "version_parts": {"major": 3, "minor": m, "patch": 1}}
        for m in minors
    ]


def test_the_wanted_version_is_taken_if_it_is_there() -> None:
    assert choose_python("3.12", installed(11, 12, 13)).path == "/p12"


def test_else_the_nearest_is_newer_before_older() -> None:
    assert choose_python("3.12", installed(11, 13)).version == "3.13"
    assert choose_python("3.14", installed(11, 12)).version == "3.12"


def test_too_old_and_other_implementations_do_not_count() -> None:
    with pytest.raises(HomeportError, match="python 3.12: neither it nor another from 3.11 is installed") as error:
        choose_python("3.12", [*installed(9, 10), *installed(12, implementation="pypy")])
    assert error.value.hint == "uv python install 3.12"


def test_our_own_version_needs_no_search() -> None:
    own = f"3.{sys.version_info.minor}"
    assert find_python(own).version == own
