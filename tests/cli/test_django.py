"""django as it is typed."""

import json
from pathlib import Path

from click.testing import CliRunner

from homeport.cli.django import django


def run(*arguments: str) -> str:
    return CliRunner().invoke(django, list(arguments), catch_exceptions=False).stdout


def test_it_says_what_it_did_and_what_comes_next(tmp_path: Path) -> None:
    first = run(str(tmp_path))
    assert "homeport-django 0.1.0, " in first and "requirements.txt: names it now" in first and "settings" in first
    assert run(str(tmp_path)) == f"{tmp_path}/vendor/homeport-django: homeport-django 0.1.0, unchanged\n"


def test_it_says_what_to_type_for_a_lock_of_another_tool(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text("")
    assert "next: pipenv install ./vendor/homeport-django\n" in run(str(tmp_path))


def test_what_was_done_is_printed_as_json(tmp_path: Path) -> None:
    done = json.loads(run(str(tmp_path), "--json"))
    assert done["requirements"] == ["requirements.txt"] and "homeport_django/settings.py" in done["written"]
