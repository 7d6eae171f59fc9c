"""Waiting for an event with a time limit, in a way that can always be cancelled."""

import asyncio


async def wait_for_event(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether the event came in time; None waits for ever.

    Not `asyncio.wait_for`: up to Python 3.11 it loses a cancellation that arrives together with the event, and who
    waits for the cancelled task then waits for ever (python/cpython#86296).
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
