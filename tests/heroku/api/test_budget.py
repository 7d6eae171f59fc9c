"""Calls are made no faster than Heroku allows."""

import asyncio

import pytest

from homeport.heroku.api.budget import CAPACITY, Budget
from homeport.heroku.api.client import Client, open_http
from homeport.heroku.api.patience import LIMITED_SECONDS_MAX, TRIES, wait_seconds
from homeport.heroku.api.read import read_team
from homeport.heroku.api.selection import Selection
from tests.bench.heroku_import import run_fleet
from tests.heroku.server.answers import TOKEN, Answers
from tests.heroku.server.parts import TEAM_NAME
from tests.heroku.server.serve import InProcess, local_hosts
from tests.heroku.server.team import fleet
from tests.heroku.server.virtual import VirtualClock


@pytest.mark.integration
async def test_five_hundred_apps_never_meet_the_limit_of_calls() -> None:
    run = await run_fleet(500)
    assert run.calls > CAPACITY  # so that the limit matters
    assert run.limit_met == 0
    assert run.calls / run.apps < 16
    assert 30 < run.minutes < 60


@pytest.mark.integration
async def test_without_the_budget_the_limit_is_met() -> None:
    clock = VirtualClock()
    answers = Answers(fleet(320), clock=clock.time, is_checked=False)
    budget = Budget(capacity=10**9, clock=clock.time, sleep=clock.sleep)
    budget.learn = lambda remaining: None  # type: ignore[method-assign]
    async with Client(
        open_http(TOKEN, InProcess(answers)), hosts=local_hosts("http://heroku.test"), budget=budget
    ) as client:
        await read_team(client, Selection(TEAM_NAME))
    assert answers.limit_met > 0


async def test_eight_thousand_calls_are_spread_as_heroku_refills() -> None:
    clock = VirtualClock()
    budget = Budget(clock=clock.time, sleep=clock.sleep)
    left = float(CAPACITY)  # as Heroku counts
    for _ in range(8000):
        before = clock.now
        await budget.take()
        left = min(CAPACITY, left + (clock.now - before) * 75 / 60) - 1
        assert left > 0
    assert clock.now / 60 == pytest.approx((8000 - 4400) / 75, rel=0.01)


async def test_what_others_use_of_the_account_is_respected() -> None:
    clock = VirtualClock()
    budget = Budget(clock=clock.time, sleep=clock.sleep)
    budget.learn(101)
    await budget.take()
    assert clock.slept == []
    await budget.take()
    assert clock.slept == [pytest.approx(0.8)]  # 75 a minute


async def test_a_budget_refills_but_never_beyond_its_capacity() -> None:
    clock = VirtualClock()
    budget = Budget(clock=clock.time, sleep=clock.sleep)
    clock.advance(10_000)
    await asyncio.gather(*(budget.take() for _ in range(10)))
    assert budget.left == CAPACITY - 10
    assert budget.made == 10


def test_waits_double_and_end() -> None:
    assert [wait_seconds(503, tries, 0.0) for tries in range(1, TRIES + 1)] == [1.0, 2.0, 4.0, 8.0, None]
    assert [wait_seconds(0, tries, 0.0) for tries in range(1, TRIES + 1)] == [1.0, 2.0, 4.0, 8.0, None]
    assert wait_seconds(404, 1, 0.0) is None


def test_patience_with_the_limit_is_longer_but_has_an_end() -> None:
    assert wait_seconds(429, 1, 0.0) == 2.0
    assert wait_seconds(429, 30, 0.0) == 60.0
    assert wait_seconds(429, 1, 0.0, "17") == 17.0
    assert wait_seconds(429, 1, 0.0, "Wed, 21 Oct 2026 07:28:00 GMT") == 2.0
    assert wait_seconds(429, 2, LIMITED_SECONDS_MAX) is None
