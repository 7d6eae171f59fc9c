"""Reads a served team as the command line would, with a clock that does not make tests wait."""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from homeport.heroku.api.budget import Budget
from homeport.heroku.api.client import Client, Progress, open_http, silent
from homeport.heroku.api.hosts import Hosts
from homeport.heroku.api.read import read_account, read_team
from homeport.heroku.api.selection import Selection
from homeport.heroku.records import Inventory
from tests.heroku.server.answers import TOKEN, Answers, Faults
from tests.heroku.server.parts import TEAM_NAME, HerokuTeam
from tests.heroku.server.serve import serve
from tests.heroku.server.team import TEAM
from tests.heroku.server.virtual import VirtualClock

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
WHOLE = Selection(TEAM_NAME)


@asynccontextmanager
async def client_of(
    hosts: Hosts,
    *,
    token: str = TOKEN,
    clock: VirtualClock | None = None,
    ask_code: Callable[[], str] | None = None,
    progress: Callable[[Progress], None] = silent,
) -> AsyncIterator[Client]:
    """A client whose waits take no time."""
    clock = clock or VirtualClock()
    budget = Budget(clock=clock.time, sleep=clock.sleep)
    async with Client(open_http(token), hosts=hosts, budget=budget, ask_code=ask_code, progress=progress) as client:
        yield client


async def read_served(
    team: HerokuTeam = TEAM,
    faults: Faults | None = None,
    *,
    selection: Selection = WHOLE,
    token: str = TOKEN,
    home: Path | None = None,
    ask_code: Callable[[], str] | None = None,
) -> tuple[Inventory, Answers]:
    """The inventory, and the server's memory."""
    async with serve(team, faults=faults) as served, client_of(served.hosts, token=token, ask_code=ask_code) as client:
        if home:
            return await read_account(client, selection, home), served.answers
        with tempfile.TemporaryDirectory() as folder:
            return await read_account(client, selection, Path(folder)), served.answers


async def read_briefly(team: HerokuTeam, faults: Faults | None = None) -> Inventory:
    """Without a cache or a journal, at a fixed time."""
    async with serve(team, faults=faults) as served, client_of(served.hosts) as client:
        return await read_team(client, Selection(team.name), now=NOW)
