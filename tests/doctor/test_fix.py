"""New texts are written whole, in the file's own encoding, and over nothing but what was read."""

import subprocess
from pathlib import Path

import pytest

from homeport.doctor.fix import find_uncommitted, write_texts
from homeport.doctor.walk import read_sources
from homeport.errors import HomeportError


def test_encoding_line_endings_and_mode_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "manage.py"
    file.write_bytes(b"# coding: latin-1\r\nX = '\xfc'\r\n")
    file.chmod(0o750)
    sources = read_sources(tmp_path)
    assert write_texts(tmp_path, sources, {"manage.py": sources.texts["manage.py"] + "Y = 'ä'\r\n"}) == ["manage.py"]
    assert file.read_bytes() == b"# coding: latin-1\r\nX = '\xfc'\r\nY = '\xe4'\r\n"
    assert file.stat().st_mode & 0o777 == 0o750


def test_nothing_is_written_if_one_file_has_changed(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("X = 1\n")
    sources = read_sources(tmp_path)
    (tmp_path / "b.py").write_text("X = 2\n")
    (tmp_path / "c.py").unlink()
    with pytest.raises(HomeportError) as refused:
        write_texts(tmp_path, sources, {"a.py": "Y\n", "b.py": "Y\n", "c.py": "Y\n"})
    assert refused.value.message.splitlines() == [
        f"{tmp_path / 'b.py'}: changed since it was read",
        f"{tmp_path / 'c.py'}: changed since it was read",
    ]
    assert (tmp_path / "a.py").read_text() == "X = 1\n"


def test_what_the_encoding_has_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: ascii\n")
    with pytest.raises(HomeportError, match="cannot be written as ascii"):
        write_texts(tmp_path, read_sources(tmp_path), {"a.py": "# coding: ascii\n'ü'\n"})


def test_uncommitted_files_are_named(tmp_path: Path) -> None:
    assert find_uncommitted(tmp_path, ["a.py"]) == []
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "a.py").write_text("X = 1\n")
    assert find_uncommitted(tmp_path, ["a.py"]) == ["a.py"]


def test_what_is_no_python_any_more_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("X = 1\n")
    with pytest.raises(HomeportError, match="no Python"):
        write_texts(tmp_path, read_sources(tmp_path), {"a.py": "X = (\n"})
    assert (tmp_path / "a.py").read_text() == "X = 1\n"
