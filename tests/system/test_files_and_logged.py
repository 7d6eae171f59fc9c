"""Files that are replaced whole, and programs that are followed to their end."""

import os
import signal
from pathlib import Path

import pytest

from homeport.system.files import remove_empty_folders, replace_file
from homeport.system.logged import run_logged


def follow(tmp_path: Path, script: str, lines: list[str]) -> int:
    environment = {"PATH": os.environ["PATH"]}
    command = ["sh", "-c", script]
    done = run_logged(command, folder=tmp_path, environment=environment, log=tmp_path / "log", on_line=lines.append)
    assert not done.interrupted
    return done.code


def test_every_line_is_heard_the_last_one_too(tmp_path: Path) -> None:
    lines: list[str] = []
    assert follow(tmp_path, "echo one; echo two >&2; printf three; exit 4", lines) == 4
    assert lines == ["one", "two", "three"]
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_nothing_is_inherited_beside_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    lines: list[str] = []
    follow(tmp_path, 'echo "${AWS_PROFILE:-nothing}"', lines)
    assert lines == ["nothing"]


def test_a_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    assert follow(tmp_path, "kill -9 $$", []) == -9


def test_a_listener_that_breaks_leaves_no_process_behind(tmp_path: Path) -> None:
    pids: list[int] = []

    def breaks(line: str) -> None:
        pids.append(int(line))
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_logged(
            ["sh", "-c", "echo $$; trap 'exit 0' INT; while :; do sleep 0.05; done"],
            folder=tmp_path,
            environment={"PATH": os.environ["PATH"]},
            log=tmp_path / "log",
            on_line=breaks,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_program_hears_of_ctrl_c_though_we_ignore_it(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in `homeport apply &` of a script
    try:
        assert follow(tmp_path, "kill -INT $$", []) == -signal.SIGINT
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_file_is_replaced_only_if_it_differs(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b"
    assert replace_file(file, b"one")
    before = file.stat().st_ino
    assert not replace_file(file, b"one")
    assert file.stat().st_ino == before
    assert replace_file(file, b"two")
    assert file.read_bytes() == b"two"
    assert [path.name for path in file.parent.iterdir()] == ["b"]


def test_only_empty_folders_below_the_top_are_removed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "kept").write_text("")
    remove_empty_folders(tmp_path / "a" / "b" / "c" / "gone", tmp_path)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]
