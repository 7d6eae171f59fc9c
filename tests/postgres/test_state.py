import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.server import Server
from homeport.postgres.state import describe, done_statement, open_state
from tests.postgres.clusters import Cluster, heroku_like, rds_like

SOURCE = Server("one", 5432, "u", "d", "hush-hush")
TARGET = Server("other", 5432, "u", "d", "hush-hush")
NOBODY = Server("127.0.0.1", 1, "u", "d", "hush-hush", "disable")


def test_a_move_keeps_its_name_and_its_history(tmp_path: Path) -> None:
    with open_state(tmp_path / "state", SOURCE, TARGET) as state:
        name = state.id
        state.record("copy began", tables=3)
    with open_state(tmp_path / "state", SOURCE, TARGET) as state:
        assert state.id == name
        assert [(event.step, event.detail) for event in state.events()] == [("copy began", {"tables": 3})]


def test_notes_are_written_with_what_is_recorded_next_when_told_and_in_the_end(tmp_path: Path) -> None:
    def written() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "state")) as other:
            return [step for (step,) in other.execute("SELECT step FROM event ORDER BY rowid")]

    with suppress(KeyboardInterrupt), open_state(tmp_path / "state", SOURCE, TARGET) as state:
        state.note("one")
        assert written() == []
        state.record("two")
        assert written() == ["one", "two"]
        state.note("three")
        state.write_notes()
        assert written() == ["one", "two", "three"]
        state.note("four")
        raise KeyboardInterrupt
    assert written() == ["one", "two", "three", "four"]


@pytest.mark.integration
def test_the_state_of_another_move_is_refused(cluster: Callable[..., Cluster], tmp_path: Path) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("15"))
    with open_state(tmp_path / "state", source, target) as state:
        state.record("capture began")
    words = f"is the state of another move, from {describe(source)} to {describe(target)}"
    with pytest.raises(HomeportError, match=words):
        with open_state(tmp_path / "state", target, source):
            pass


def test_a_url_that_was_wrong_leaves_no_trace(tmp_path: Path) -> None:
    with open_state(tmp_path / "state", replace(NOBODY, database="mistyped"), TARGET) as state:
        name = state.id
    with open_state(tmp_path / "state", SOURCE, TARGET) as state:
        state.record("capture began")
        assert state.id == name
    with open_state(tmp_path / "state", SOURCE, TARGET) as state:
        assert state.id == name


def test_a_url_that_is_wrong_after_the_start_is_told_for_what_it_is(tmp_path: Path) -> None:
    with open_state(tmp_path / "state", SOURCE, TARGET) as state:
        state.record("capture began")
    with pytest.raises(HomeportError, match=r"the source .* nothing answers there"):
        with open_state(tmp_path / "state", NOBODY, TARGET):
            pass


def test_another_user_of_the_same_databases_may_go_on(tmp_path: Path) -> None:
    with open_state(tmp_path / "state", SOURCE, TARGET) as state:
        name = state.id
    with open_state(tmp_path / "state", Server("one", 5432, "renewed", "d", "new"), TARGET) as state:
        assert state.id == name


def test_a_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeportError, match="cannot be written there: "):
        with open_state(tmp_path / "file" / "state", SOURCE, TARGET):
            pass


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with open_state(tmp_path / "state", SOURCE, TARGET):
        with pytest.raises(HomeportError, match="another process works on this move"):
            with open_state(tmp_path / "state", SOURCE, TARGET):
                pass


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a letter, and not a database of any kind" * 100)
    with pytest.raises(HomeportError, match="cannot be used as the state of a move"):
        with open_state(tmp_path / "state", SOURCE, TARGET):
            pass


def test_the_state_of_a_newer_homeport_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state")) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(HomeportError, match="newer Homeport"):
        with open_state(tmp_path / "state", SOURCE, TARGET):
            pass


def test_no_password_is_written_down(tmp_path: Path) -> None:
    with open_state(tmp_path / "state", SOURCE, TARGET):
        assert all(b"hush-hush" not in file.read_bytes() for file in tmp_path.iterdir())
    assert describe(SOURCE) == "one:5432/d"


def test_names_of_tasks_are_quoted() -> None:
    assert done_statement("rows it's") == "INSERT INTO homeport.done (task) VALUES ('rows it''s')"
