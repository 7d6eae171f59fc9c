"""Which files belong to a folder of code, and when their hash changes."""

import os
import socket
from pathlib import Path

import pytest

from homeport.deploy.sources import copy_files, digest_files, find_files
from homeport.errors import HomeportError


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def paths(folder: Path) -> list[str]:
    return [file.path for file in find_files(folder)]


def test_what_git_ignores_and_what_tools_make_is_left_out(tmp_path: Path) -> None:
    for file in [
        *("app.py", "logs/x.log", "keep.log", "sub/data.bin", "sub/kept.bin", "build/out", "node_modules/a/index.js"),
        *("__pycache__/app.pyc", ".git/config", ".venv/bin/python", ".env", "x.egg-info/PKG-INFO", "a/b.pyc"),
    ]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x")
    (tmp_path / ".gitignore").write_text("*.log\n!keep.log\n/build/\n")
    (tmp_path / "sub/.gitignore").write_text("*.bin\n!kept.bin\n")
    assert paths(tmp_path) == [".gitignore", "app.py", "keep.log", "sub/.gitignore", "sub/kept.bin"]
    assert "build/out" in [file.path for file in find_files(tmp_path, gitignore=False)]


def test_files_of_settings_are_secret_and_examples_of_them_are_not(tmp_path: Path) -> None:
    kept = [".env.example", ".env.production.sample", ".env.template", ".env.dist", ".envrc.md", "x.env"]
    for name in [*kept, ".env", ".env.production", ".env.local", ".env.example.local", "sub/.env.staging"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert paths(tmp_path) == sorted(kept)
    assert [file.path for file in find_files(tmp_path, gitignore=False)] == sorted(kept)


def test_rules_of_the_repository_above_count(tmp_path: Path) -> None:
    for file in ("services/shop/app.py", "services/shop/local.cfg", ".git/HEAD"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x")
    (tmp_path / ".gitignore").write_text("*.cfg\n")
    assert paths(tmp_path / "services/shop") == ["app.py"]
    (tmp_path / ".gitignore").write_text("services/shop/\n")
    assert paths(tmp_path / "services/shop") == ["app.py", "local.cfg"]


def test_the_hash_follows_content_names_and_the_executable_bit_only(tmp_path: Path) -> None:
    folder, cache = tmp_path / "code", tmp_path / "cache"
    write(folder, a="1", b="2")
    first = digest_files(find_files(folder, cache))
    os.utime(folder / "a", (1, 1))
    assert digest_files(find_files(folder, cache)) == first
    (folder / "a").chmod(0o755)
    second = digest_files(find_files(folder, cache))
    (folder / "b").rename(folder / "c")
    third = digest_files(find_files(folder, cache))
    assert len({first, second, third}) == 3


def test_the_cache_never_hides_a_change(tmp_path: Path) -> None:
    folder, cache = tmp_path / "code", tmp_path / "cache"
    write(folder, a="1")
    os.utime(folder / "a", ns=(10**18, 10**18))
    first = digest_files(find_files(folder, cache))
    (folder / "a").write_text("2")  # same length
    assert digest_files(find_files(folder, cache)) != first
    next(cache.iterdir()).write_text("rubbish")
    assert digest_files(find_files(folder, cache)) == digest_files(find_files(folder))


def test_links_inside_stay_links_and_links_out_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    write(folder, real="1", sub__x="2")
    (folder / "link").symlink_to("real")
    (folder / "folder").symlink_to("sub")
    copy_files(folder, find_files(folder), tmp_path / "copy")
    assert (tmp_path / "copy/link").readlink() == Path("real") and (tmp_path / "copy/folder/x").read_text() == "2"
    (folder / "secret").symlink_to("/etc/passwd")
    with pytest.raises(HomeportError, match="links to /etc/passwd, outside of its folder"):
        find_files(folder)


def test_sockets_and_pipes_are_not_code(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        write(tmp_path, a="1")
        assert paths(tmp_path) == ["a"]


def test_a_file_that_changes_while_it_is_copied_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    write(folder, a="1")
    files = find_files(folder)
    write(folder, a="2")
    with pytest.raises(HomeportError, match="changed while it was built"):
        copy_files(folder, files, tmp_path / "copy")
    (folder / "a").unlink()
    with pytest.raises(HomeportError, match="changed while it was built"):
        copy_files(folder, files, tmp_path / "other")
