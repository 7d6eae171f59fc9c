"""Reading a Heroku team over its API: seconds and calls for 8 apps, over HTTP; 500 apps within the limit of calls."""

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from homeport.heroku.api.budget import AT_ONCE, Budget
from homeport.heroku.api.client import Client, open_http
from homeport.heroku.api.hosts import Hosts
from homeport.heroku.api.read import read_account, read_team
from homeport.heroku.api.selection import Selection
from tests.bench.bars import bar
from tests.heroku.server.answers import TOKEN, Answers, Faults
from tests.heroku.server.parts import TEAM_NAME, HerokuTeam
from tests.heroku.server.serve import HOSTS, InProcess, local_hosts, serve
from tests.heroku.server.team import TEAM, fleet
from tests.heroku.server.virtual import VirtualClock

LATENCY_SECONDS = 0.05
TARGET_SECONDS, TARGET_CALLS = 10.0, 16
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """`by_app` counts the calls for an app and for its own databases."""

    seconds: float
    calls: int
    by_app: Counter[str]


@dataclass(frozen=True)
class Fleet:
    """A reading on a clock that is not real. `limit_met` counts answers of 429."""

    apps: int
    calls: int
    limit_met: int
    minutes: float
    seconds_of_this_machine: float


async def measure_team(team: HerokuTeam = TEAM, latency: float = LATENCY_SECONDS) -> Measured:
    """Read the team over HTTP on loopback, nothing cached."""
    async with serve(team, latency) as served:
        with tempfile.TemporaryDirectory() as home:
            start = time.perf_counter()
            async with Client(open_http(TOKEN), hosts=served.hosts) as client:
                await read_account(client, Selection(TEAM_NAME), Path(home))
            seconds = time.perf_counter() - start
    return Measured(seconds, len(served.answers.seen), served.answers.calls_by_app())


async def run_fleet(apps: int) -> Fleet:
    """Read many apps in pages of 100 on a virtual clock; the other side counts calls as Heroku does."""
    clock = VirtualClock()
    answers = Answers(fleet(apps), Faults(page_max=100), clock=clock.time, is_checked=False)
    transport = InProcess(answers, before=lambda: clock.advance(LATENCY_SECONDS / AT_ONCE))
    budget = Budget(clock=clock.time, sleep=clock.sleep)
    start = time.perf_counter()
    hosts: Hosts = local_hosts("http://heroku.test")
    async with Client(open_http(TOKEN, transport), hosts=hosts, budget=budget) as client:
        inventory = await read_team(client, Selection(TEAM_NAME), now=NOW)
    assert len({record.app for record in inventory.records if record.app}) == apps
    elapsed = time.perf_counter() - start
    return Fleet(apps, len(answers.seen), answers.limit_met, clock.now / 60, elapsed)


def main() -> None:
    """Print the figures and their targets."""
    measured = asyncio.run(measure_team())
    apps = len(TEAM.apps)
    most, calls = measured.by_app.most_common(1)[0]
    answers = f"import, {apps} apps at {LATENCY_SECONDS * 1000:.0f} ms an answer"
    bar(answers, measured.seconds, "s", at_most=TARGET_SECONDS)
    bar("import, calls per app, all lists counted", measured.calls / apps, at_most=TARGET_CALLS)
    print(f"import, {measured.calls} calls on {len(HOSTS)} hosts; most for one app and its databases: {calls} ({most})")
    for size in (100, 500):
        run = asyncio.run(run_fleet(size))
        bar(f"import, {size} apps, times that Heroku's limit was met", run.limit_met, at_most=0)
        print(f"import, {size} apps: {run.calls} calls ({run.calls / size:.1f} per app)", end="")
        print(f", {run.minutes:.0f} minutes by Heroku's limit", end="")
        print(f" ({run.seconds_of_this_machine:.0f} s of this machine)")


if __name__ == "__main__":
    main()
