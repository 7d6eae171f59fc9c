"""homeport-django in a service's folder: copied, brought up to date, never over what somebody edited."""

from pathlib import Path

import pytest

from homeport.deploy.django_package import TARGET, Placed, compare, find_shipped, find_tool, place_package
from homeport.deploy.requirements import find_requirements, local_names
from homeport.errors import HomeportError

SHIPPED = find_shipped()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("django==5.2")
    return folder


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A later homeport-django of two files, one of them new."""
    folder = tmp_path / "newer"
    (folder / "homeport_django").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "homeport-django"\nversion = "9"\n')
    (folder / "homeport_django" / "fresh.py").write_text("")
    return folder


def place(shop: Path, shipped: Path = SHIPPED, *, force: bool = False) -> Placed:
    return place_package(shop, shipped=shipped, force=force)


def test_it_is_copied_without_its_tests_and_required(shop: Path) -> None:
    placed = place(shop)
    copy = shop / TARGET
    assert (copy / "homeport_django/settings.py").read_bytes() == (SHIPPED / "homeport_django/settings.py").read_bytes()
    assert (copy / "homeport_django/migrations/0001_outbox.py").is_file() and not (copy / "tests").exists()
    assert (shop / "requirements.txt").read_text() == f"django==5.2\n./{TARGET}\n"
    assert placed.requirements == ("requirements.txt",) and placed.todo == ""
    assert local_names(shop, find_requirements(shop)) == ["homeport-django"]


def test_a_second_time_changes_nothing(shop: Path) -> None:
    place(shop)
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}
    placed = place(shop)
    assert (placed.written, placed.removed, placed.requirements) == ((), (), ())
    assert {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()} == before


def test_an_older_copy_becomes_the_newer_and_what_is_not_of_it_stays(shop: Path, newer: Path) -> None:
    place(shop)
    own = shop / TARGET / "homeport_django" / "own.py"
    own.write_text("OURS = 1\n")
    placed = place(shop, newer)
    assert placed.version == "9" and "homeport_django/settings.py" in placed.removed
    left = {path.name for path in (shop / TARGET).rglob("*") if path.is_file()}
    assert left == {"pyproject.toml", "fresh.py", "own.py", "copied.json"}


def test_a_copy_that_was_edited_is_kept_unless_told(shop: Path, newer: Path) -> None:
    place(shop)
    edited = shop / TARGET / "homeport_django" / "mail.py"
    edited.write_text("MINE = 1\n")
    with pytest.raises(HomeportError, match=r"mail.py: was edited; a newer one would replace it$") as error:
        place(shop, newer)
    assert "--force" in error.value.hint
    assert edited.read_text() == "MINE = 1\n" and not (shop / TARGET / "homeport_django/fresh.py").exists()
    place(shop, newer, force=True)
    assert not edited.exists()


def test_a_copy_that_was_stopped_half_way_is_finished() -> None:
    wanted, recorded = {"a": b"new", "b": b"new"}, {"a": "hash of old", "b": "hash of old"}
    change = compare(wanted, {"a": b"new", "c": b"own"}, recorded)
    assert (change.written, change.removed, change.edited) == (("b",), (), ())


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"uv.lock": "", "requirements.txt": ""}, "uv add --no-workspace"),
        ({"pyproject.toml": "[project]\n"}, "uv add --no-workspace"),
        ({"pyproject.toml": "[tool.poetry]\n"}, "poetry add"),
        ({"poetry.lock": ""}, "poetry add"),
        ({"Pipfile": "", "pyproject.toml": "[tool.ruff]\n"}, "pipenv install"),
        ({"pyproject.toml": "[tool.ruff]\n"}, ""),
        ({}, ""),
    ],
)
def test_each_tool_adds_to_its_own_lock(tmp_path: Path, files: dict[str, str], command: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert find_tool(tmp_path) == command
    placed = place(tmp_path)
    assert placed.todo == (f"{command} ./{TARGET}" if command else "")
    assert placed.requirements == (() if command else ("requirements.txt",))


def test_a_tool_that_knows_it_already_is_not_asked_again(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text(f'[packages]\nhomeport-django = {{path = "./{TARGET}"}}\n')
    assert place(tmp_path).todo == ""


@pytest.mark.parametrize("line", ["../homeport-django", "homeport_django==0.1", "-r more.txt"])
def test_a_requirement_that_is_there_is_not_doubled(shop: Path, line: str) -> None:
    (shop.parent / "homeport-django").mkdir()
    (shop / "more.txt").write_text("../homeport-django\n")
    (shop / "requirements.txt").write_text(f"django\n{line}\n")
    assert place(shop).requirements == ()


def test_what_is_compiled_is_named_in_its_source_too(shop: Path) -> None:
    (shop / "requirements.in").write_text("django\r\n")
    (shop / "requirements.txt").write_text("django==5.2\n    # via homeport-django\n")
    assert place(shop).requirements == ("requirements.in", "requirements.txt")
    assert (shop / "requirements.in").read_bytes() == f"django\r\n./{TARGET}\r\n".encode()


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="nowhere: is not a folder"):
        place(tmp_path / "nowhere")
