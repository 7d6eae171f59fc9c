"""Heroku's Procfile."""

from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.model.procfile import load_procfile


def test_commands_are_kept_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# site\n\nweb: gunicorn a:b --bind 0.0.0.0:$PORT  \r\nwork_er-2:x: y\n")
    commands = {line.process: line.command for line in load_procfile(tmp_path).values()}
    assert commands == {"web": "gunicorn a:b --bind 0.0.0.0:$PORT", "work_er-2": "x: y"}


def test_no_procfile_is_no_process(tmp_path: Path) -> None:
    assert load_procfile(tmp_path) == {}


def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: a\nweb: b\nno colon\n")
    with pytest.raises(HomeportError) as error:
        load_procfile(tmp_path)
    first, second = error.value.message.splitlines()
    assert first.endswith("Procfile:2: web is written twice; first in line 1")
    assert second.endswith("Procfile:3: 'no colon' is not `process: command`")


def test_a_procfile_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes(b"web: \xff\n")
    with pytest.raises(HomeportError, match="cannot be read"):
        load_procfile(tmp_path)
