"""Answers on disk."""

from pathlib import Path

from homeport.heroku.api.shelf import Kept, Shelf

KEPT = Kept([{"name": "x"}], [["place", "text"]], '"etag"', "id ]x..")


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "a" / "b")
    assert shelf.find("key") is None
    shelf.keep("key", KEPT)
    assert shelf.find("key") == KEPT
    assert shelf.count() == 1
    shelf.remove()
    assert shelf.find("key") is None and not (tmp_path / "a" / "b").exists()


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "a")
    (tmp_path / "a").mkdir(mode=0o755)
    shelf.keep("key", KEPT)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "a").iterdir()] == [0o600]


def test_a_broken_or_foreign_file_is_asked_for_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for text in ("", "{", "[]", '{"other": 1}'):
        (tmp_path / "key.json").write_text(text)
        assert shelf.find("key") is None


def test_an_old_answer_is_asked_for_again(tmp_path: Path) -> None:
    now = [0.0]
    shelf = Shelf(tmp_path, seconds=60, now=lambda: now[0])
    shelf.keep("key", KEPT)
    now[0] = (tmp_path / "key.json").stat().st_mtime + 59
    assert shelf.find("key") == KEPT
    now[0] += 2
    assert shelf.find("key") is None
