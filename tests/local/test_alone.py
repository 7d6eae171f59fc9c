"""What keeps a plane from starting, in words."""

import errno
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local.alone import only_plane
from homeport.local.home import Home


def test_a_write_to_an_open_file_has_the_home_as_its_place(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match=f"^{tmp_path}: No space left on device$") as error:
        with only_plane(Home(tmp_path), "data"):
            raise OSError(errno.ENOSPC, "No space left on device")
    assert error.value.hint == f"free space (df -h {tmp_path}), then: homeport up"


def test_a_file_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="^/keys/ca.pem: Permission denied$") as error:
        with only_plane(Home(tmp_path), "data"):
            raise PermissionError(errno.EACCES, "Permission denied", "/keys/ca.pem")
    assert "let this user write there" in error.value.hint


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="control.lock: No such file"), only_plane(Home(tmp_path / "no"), "control"):
        pass
