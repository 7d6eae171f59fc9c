"""Following a control plane that comes and goes, and telling it what was seen: a list of answers instead of waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from homeport.local.data.context import Observation, World
from homeport.local.data.feed import follow, load_world
from homeport.local.data.observer import Observer
from homeport.local.data.part import PartRunner


class Enough(Exception):
    """Ends a loop that has no end."""


def answers(*given: World | Exception | None) -> tuple[Callable[[int], Awaitable[World | None]], list[int]]:
    """A poll that gives these answers in turn, and the revisions that it was asked for."""
    asked: list[int] = []
    rest = iter(given)

    async def poll(after: int) -> World | None:
        asked.append(after)
        answer = next(rest, Enough())
        if isinstance(answer, Exception):
            raise answer
        return answer

    return poll, asked


async def follow_all(*given: World | Exception | None) -> tuple[list[int], list[int], list[float], int]:
    poll, asked = answers(*given)
    seen, pauses, reconnected = [], [], []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with pytest.raises(Enough):
        async for world in follow(poll, lambda: reconnected.append(1), sleep=sleep):
            seen.append(world.revision)
    return seen, asked, pauses, len(reconnected)


async def test_each_new_revision_is_followed_and_silence_is_not() -> None:
    seen, asked, pauses, _ = await follow_all(World(3, {}), None, World(4, {}))
    assert seen == [3, 4]
    assert asked == [0, 3, 3, 4]
    assert pauses == []


async def test_after_a_break_everything_is_asked_for_again() -> None:
    away = ConnectionRefusedError()
    seen, asked, pauses, reconnected = await follow_all(World(9, {}), away, away, away, World(2, {}))
    assert seen == [9, 2]
    assert asked == [0, 9, 0, 0, 0, 2]
    assert pauses == [0.1, 0.2, 0.4]
    assert reconnected == 1


def test_the_feed_s_document_becomes_a_world() -> None:
    resource = {"arn": "a", "type": "ecs:service", "account": "1", "region": "r", "state": {"serviceName": "web"}}
    world = load_world({"revision": 7, "resources": [resource]})
    assert world.revision == 7
    assert world.of("ecs:service")["a"].state == {"serviceName": "web"}
    assert world.of("ecs:task") == {}


def seen(arn: str = "a", **state: Any) -> Observation:
    return Observation(arn, "ecs:service", "1", "r", state)


class Control:
    """Takes reports, or is away."""

    def __init__(self) -> None:
        self.reports: list[list[tuple[str, dict[str, Any]]]] = []
        self.away = False

    async def report(self, observations: Any) -> None:
        if self.away:
            raise ConnectionRefusedError
        self.reports.append([(one.arn, dict(one.state)) for one in observations])


async def test_only_what_changed_is_told() -> None:
    control = Control()
    observer = Observer(control.report)
    await observer.observe([seen(running=1)])
    await observer.flush()
    await observer.observe([seen(running=1)])
    await observer.flush()
    await observer.observe([seen(running=2, pending=1)])
    await observer.flush()
    assert control.reports == [[("a", {"running": 1})], [("a", {"running": 2, "pending": 1})]]


async def test_observations_wait_for_a_control_plane_that_is_away_and_the_newest_wins() -> None:
    control = Control()
    observer = Observer(control.report)
    control.away = True
    await observer.observe([seen(running=1, events=["x"])])
    assert not await observer.flush()
    await observer.observe([seen(running=2)])
    control.away = False
    assert await observer.flush()
    assert control.reports == [[("a", {"running": 2, "events": ["x"]})]]


async def test_a_restarted_control_plane_is_told_everything_again() -> None:
    control = Control()
    observer = Observer(control.report)
    await observer.observe([seen("a", running=1), seen("b", running=1)])
    await observer.flush()
    observer.repeat()
    await observer.flush()
    assert control.reports[0] == control.reports[1]


class Flaky:
    """A part that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures, self.revisions = failures, list[int]()

    async def reconcile(self, world: World) -> None:
        self.revisions.append(world.revision)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a mistake of ours")

    async def stop(self) -> None:
        raise RuntimeError("another one")

    def live(self) -> list[Any]:
        raise RuntimeError("and another")


async def run_part(part: Flaky, rounds: int) -> list[float | None]:
    """Pauses that the runner asked for, in `rounds` rounds."""
    runner = PartRunner("flaky", part)
    runner.offer(World(1, {}))
    pauses: list[float | None] = []

    async def wait(_: asyncio.Event, pause: float | None) -> None:
        pauses.append(pause)
        if len(pauses) > rounds:
            raise Enough

    with pytest.raises(Enough):
        await runner.run(wait)
    return pauses


async def test_a_part_that_fails_tries_again_with_growing_pauses() -> None:
    assert await run_part(Flaky(3), 4) == [None, 0.5, 1.0, 2.0, None]


async def test_a_part_that_cannot_stop_or_tell_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    runner = PartRunner("flaky", Flaky(0))
    await runner.stop(1)
    assert runner.live() == []
    assert "flaky failed to stop" in caplog.text
