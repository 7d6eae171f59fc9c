"""Unpacking of published zips: whole or not at all, and never out of their folder."""

import io
import stat
import threading
import zipfile
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local.data.functions.code import folder_name, unpack


def archive(path: Path, entries: dict[str, tuple[str, int]]) -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        for name, (text, mode) in entries.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            opened.writestr(member, text)
    return path


def test_files_keep_their_content_and_whether_they_can_be_run(tmp_path: Path) -> None:
    entries = {"app.py": ("x = 1", 0o644), "bin/tool": ("#!/bin/sh", 0o755), "empty/": ("", stat.S_IFDIR | 0o755)}
    folder = unpack(archive(tmp_path / "a.zip", entries), tmp_path / "out")
    assert (folder / "app.py").read_text() == "x = 1"
    assert (folder / "bin/tool").stat().st_mode & 0o777 == 0o555
    assert (folder / "app.py").stat().st_mode & 0o777 == 0o444
    assert (folder / "empty").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\\..\\..\\evil", "a/b/../../../evil"])
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HomeportError, match="leads out"):
        unpack(archive(tmp_path / "a.zip", {"fine": ("", 0o644), name: ("evil", 0o644)}), tmp_path / "in" / "out")
    assert list((tmp_path / "in").iterdir()) == []
    assert not (tmp_path / "evil").exists() and not (tmp_path / "in" / "evil").exists()


@pytest.mark.parametrize("pointee", ["/etc/passwd", "../../secret", "sub/../../../x"])
def test_links_that_lead_out_are_refused(tmp_path: Path, pointee: str) -> None:
    with pytest.raises(HomeportError, match="out of the archive"):
        unpack(archive(tmp_path / "a.zip", {"link": (pointee, stat.S_IFLNK | 0o777)}), tmp_path / "out")


def test_links_within_work_and_are_never_written_through(tmp_path: Path) -> None:
    entries = {"a.py": ("one", 0o644), "b.py": ("a.py", stat.S_IFLNK | 0o777)}
    folder = unpack(archive(tmp_path / "a.zip", entries), tmp_path / "out")
    assert (folder / "b.py").is_symlink() and (folder / "b.py").read_text() == "one"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("big", b"0" * 100_000)
    (tmp_path / "a.zip").write_bytes(stream.getvalue())
    with pytest.raises(HomeportError, match="unpacks to 100000 bytes"):
        unpack(tmp_path / "a.zip", tmp_path / "out", bytes_max=99_999)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(HomeportError, match="cannot be unpacked"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_zip_leaves_nothing(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"app.py": ("x" * 1000, 0o644)})
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(HomeportError, match="CRC"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_that_unpack_at_once_both_get_the_whole(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {f"m{number}.py": ("x", 0o644) for number in range(200)})
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(unpack(path, tmp_path / "out"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folders == [tmp_path / "out"] * 4
    assert len(list((tmp_path / "out").iterdir())) == 200


@pytest.mark.parametrize("digest", ["", "zz", "../../etc", "aGVsbG8="])
def test_odd_digests_never_become_a_path(digest: str) -> None:
    with pytest.raises(HomeportError):
        folder_name(digest)
