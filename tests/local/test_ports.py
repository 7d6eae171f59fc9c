"""Ports: stable per ARN, never two the same, and a clear word when one is busy."""

import socket
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local.home import Home
from homeport.local.ports import FIRST, Ports, check_free, is_free


def test_a_port_stays_with_its_arn(tmp_path: Path) -> None:
    first = Ports(Home(tmp_path))
    given = {arn: first.of(arn) for arn in ("a", "b", "c")}
    assert len(set(given.values())) == 3 and min(given.values()) >= FIRST
    assert {arn: Ports(Home(tmp_path)).of(arn) for arn in given} == given


def test_a_released_port_may_be_given_again(tmp_path: Path) -> None:
    ports = Ports(Home(tmp_path))
    port = ports.of("a")
    ports.release("a")
    ports.release("never there")
    assert ports.of("b") == port


def test_a_busy_port_is_not_given_and_is_reported(tmp_path: Path) -> None:
    with socket.socket() as busy:
        wanted = Ports(Home(tmp_path)).of("probe")
        busy.bind(("127.0.0.1", wanted))
        busy.listen()
        assert not is_free(wanted)
        (tmp_path / "other").mkdir()
        assert Ports(Home(tmp_path / "other")).of("a") != wanted
        with pytest.raises(HomeportError, match=f"port {wanted} of the database is in use"):
            check_free(wanted, "the database")


def test_a_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("[1")
    with pytest.raises(HomeportError, match="damaged"):
        Ports(Home(tmp_path))
