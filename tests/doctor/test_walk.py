"""Which files are read, and what is said of those that are not."""

import os
from pathlib import Path

import pytest

from homeport.doctor.walk import BYTES_MAX, read_sources
from homeport.errors import HomeportError


def write(folder: Path, file: str, content: bytes = b"X = 1\n") -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(content)


def reasons(folder: Path) -> dict[str, str]:
    return {found.file: found.reason for found in read_sources(folder).unreadable}


def test_only_what_may_matter_is_read(tmp_path: Path) -> None:
    for file in ("a.py", "Procfile", "requirements/base.txt", "notes.txt", "x.js"):
        write(tmp_path, file)
    for folder in (
        ".venv",
        "node_modules/x",
        "shop/migrations",
        "tests",
        "lib/site-packages",
        "vendor/homeport-django/x",
    ):
        write(tmp_path, f"{folder}/b.py")
    assert set(read_sources(tmp_path).texts) == {"a.py", "Procfile", "requirements/base.txt"}


def test_encodings_and_line_endings_are_kept(tmp_path: Path) -> None:
    write(tmp_path, "a.py", b"# -*- coding: latin-1 -*-\r\nX = '\xfc'\r\n")
    write(tmp_path, "b.py", b"\xef\xbb\xbfX = 1\n")
    sources = read_sources(tmp_path)
    assert sources.texts == {"a.py": "# -*- coding: latin-1 -*-\r\nX = 'ü'\r\n", "b.py": "X = 1\n"}
    assert sources.encodings == {"a.py": "iso-8859-1", "b.py": "utf-8-sig"}


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    write(tmp_path, "binary.py", b"\0\1")
    write(tmp_path, "wrong.py", b"X = '\xfc'\n")
    write(tmp_path, "odd.py", b"# coding: klingon\n")
    write(tmp_path, "huge.py", b"#" * (BYTES_MAX + 1))
    assert reasons(tmp_path) == {
        "binary.py": "is binary",
        "wrong.py": "invalid or missing encoding declaration",
        "odd.py": "unknown encoding: klingon",
        "huge.py": f"has {BYTES_MAX + 1:,} bytes; more than {BYTES_MAX:,} are not read",
    }


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "link.py").symlink_to(tmp_path / "a" / "b.py")
    (tmp_path / "dead.py").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.py")
    assert set(read_sources(tmp_path).texts) == {"a/b.py"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "secret/b.py")
    (tmp_path / "secret").chmod(0)
    try:
        assert reasons(tmp_path) == {"secret": "Permission denied"}
    finally:
        (tmp_path / "secret").chmod(0o755)


def test_what_is_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="is not a folder"):
        read_sources(tmp_path / "nowhere")
