"""Waiting that ends in time, with the event, and with a cancellation, whichever comes first or together."""

import asyncio

import pytest

from homeport.system.waiting import wait_for_event


async def test_the_event_and_the_limit_are_told_apart() -> None:
    event = asyncio.Event()
    assert not await wait_for_event(event, 0.001)
    event.set()
    assert await wait_for_event(event, None)


async def test_a_cancellation_that_arrives_together_with_the_event_is_not_lost() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(wait_for_event(event, 60))
    await asyncio.sleep(0)
    event.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
