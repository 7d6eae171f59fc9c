"""The entry of the command line: synchronous, with hosts, home and callbacks."""

from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.heroku import records
from homeport.heroku.api.client import Progress
from homeport.heroku.api.read import read_live
from homeport.heroku.api.selection import Selection
from tests.heroku.server.answers import TOKEN, TOKEN_EXPIRED, Faults
from tests.heroku.server.serve import serve_in_thread
from tests.heroku.server.team import TEAM


def test_a_team_is_read_with_progress_and_a_code(tmp_path: Path) -> None:
    told = list[Progress]()
    with serve_in_thread(TEAM, faults=Faults(two_factor_code="654321")) as served:
        found = read_live(
            Selection("magicbook"),
            token=TOKEN,
            home=tmp_path,
            progress=told.append,
            ask_two_factor=lambda: "654321",
            hosts=served.hosts,
        )
    assert {one.app for one in found.of(records.App)} == {app.name for app in TEAM.apps}
    assert told[0].text == "the account"
    assert [one.calls_made for one in told] == sorted(one.calls_made for one in told)
    assert not list((tmp_path / "heroku" / "journal").glob("*"))


def test_an_error_is_one_error_and_not_a_group(tmp_path: Path) -> None:
    with serve_in_thread(TEAM) as served, pytest.raises(HomeportError, match="expired token"):
        read_live(Selection("magicbook"), token=TOKEN_EXPIRED, home=tmp_path, hosts=served.hosts)
