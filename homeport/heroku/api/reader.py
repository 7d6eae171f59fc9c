"""Calls → items, for one app or for the team: refusals and doubts are noted, the journal answers what it knows."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from homeport.heroku.api.call import Answer, Call, Refusal
from homeport.heroku.api.client import Client, find_kept, restore
from homeport.heroku.api.shelf import Kept, Shelf
from homeport.heroku.api.wire import Wire
from homeport.heroku.records import Doubt, Inventory, Record, Unreadable, Values

T = TypeVar("T")
W = TypeVar("W", bound=Wire)

MISSING = 404


class Reader:
    """Collects what was found; `app` is "" for the team's own."""

    def __init__(self, client: Client, journal: Shelf | None, app: str = "") -> None:
        self.app = app
        self.client, self.journal = client, journal
        self.records: list[Record] = []
        self.unreadable: list[Unreadable] = []
        self.doubts: list[Doubt] = []
        self.values = Values()
        self.statuses: list[int] = []  # of refusals

    async def items(self, call: Call[W]) -> tuple[W, ...] | None:
        """The items; None if it may not be read, which is noted."""
        answer = await self.ask(call)
        if isinstance(answer, Answer):
            return answer.items
        self.note(call, answer)
        return None

    async def ask(self, call: Call[W]) -> Answer[W] | Refusal:
        """The answer from the journal or from Heroku; its doubts are noted, a refusal is the caller's matter."""
        answer = self._find(call)
        if answer is None:
            asked = await self.client.read(call)
            if isinstance(asked, Refusal) and not (call.may_be_missing and asked.status == MISSING):
                return asked
            answer = Answer(()) if isinstance(asked, Refusal) else asked
            self._keep(call, answer)
        self.doubts += answer.doubts
        return answer

    def note(self, call: Call[W], refusal: Refusal) -> None:
        """It could not be read."""
        self.note_hidden(call.what, call.hidden, refusal)

    def note_hidden(self, what: str, origins: tuple[str, ...], refusal: Refusal) -> None:
        """`what` could not be read, so that records of these origins are missing."""
        self.statuses.append(refusal.status)
        self.unreadable.append(Unreadable(what, refusal.reason, self.app, refusal.request_id, origins))

    def add(self, found: Iterable[Record]) -> None:
        """Keep the records."""
        self.records += found

    def inventory(self) -> Inventory:
        """All that was found."""
        return Inventory(tuple(self.records), tuple(self.unreadable), tuple(self.doubts), self.values)

    def _find(self, call: Call[W]) -> Answer[W] | None:
        if self.journal is None or call.is_secret:
            return None
        kept = find_kept(call, self.journal, call.range)
        return restore(call, [kept]) if kept else None

    def _keep(self, call: Call[W], answer: Answer[W]) -> None:
        if self.journal is not None and not call.is_secret:
            items = [item.model_dump(mode="json") for item in answer.items]
            self.journal.keep(call.key(call.range), Kept(items, [[one.place, one.text] for one in answer.doubts]))


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """All of it at once; the first error ends the rest."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
