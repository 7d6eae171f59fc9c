"""A selection of a Heroku account → its Inventory: team lists first, then every app and database at once.

`read_live` is what the command line calls.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from homeport.heroku.api import calls, errors, wire
from homeport.heroku.api.app_records import Known
from homeport.heroku.api.call import Refusal
from homeport.heroku.api.client import Client, Progress, open_http, silent
from homeport.heroku.api.hosts import Hosts
from homeport.heroku.api.read_app import AppContext, read_app
from homeport.heroku.api.read_data import read_data
from homeport.heroku.api.read_lists import Lists, find_apps, read_lists
from homeport.heroku.api.read_shared import read_links, read_shared
from homeport.heroku.api.reader import Reader, together
from homeport.heroku.api.selection import Selection
from homeport.heroku.api.shelf import KEPT_SECONDS, Shelf
from homeport.heroku.records import Inventory, Record

APP_CALLS_MAX = 16
TEAM_CALLS = 10


def read_live(
    selection: Selection,
    *,
    token: str,
    home: Path,
    progress: Callable[[Progress], None] = silent,
    ask_two_factor: Callable[[], str] | None = None,
    hosts: Hosts | None = None,
) -> Inventory:
    """Read from Heroku itself. `home` is for the cache and for the journal of a reading that was cut off.

    Raises HomeportError for a token, team or app that is not accepted or known, and if Heroku cannot be reached.
    """

    async def run() -> Inventory:
        client = Client(open_http(token), hosts=hosts, progress=progress, ask_code=ask_two_factor)
        async with client:
            return await read_account(client, selection, home)

    return asyncio.run(run())


async def read_account(client: Client, selection: Selection, home: Path) -> Inventory:
    """Ask whose token it is, and read with that account's cache and journal under `home`."""
    account = await read_whoami(client)
    mine = _digest(client.hosts.api, account.id)
    client.cache = Shelf(home / "heroku" / "cache" / mine)
    which = _digest(selection.team or "", *sorted(selection.apps))
    journal = Shelf(home / "heroku" / "journal" / f"{mine}-{which}", seconds=KEPT_SECONDS)
    if kept := journal.count():
        client.tell(f"going on with {kept} answers of a reading that was cut off")
    return await read_team(client, selection, journal=journal)


async def read_whoami(client: Client) -> wire.Account:
    """The token's account. Raises HomeportError if it cannot be used."""
    answer = await client.read(calls.ACCOUNT)
    if isinstance(answer, Refusal) or not answer.items:
        refusal = answer if isinstance(answer, Refusal) else Refusal(200, "not_json")
        raise errors.refused(calls.ACCOUNT.what, refusal)
    account = answer.items[0]
    if account.suspended_at:
        raise errors.account_suspended(account.email)
    return account


async def read_team(
    client: Client, selection: Selection, *, journal: Shelf | None = None, now: datetime | None = None
) -> Inventory:
    """Everything of the selection. The journal is removed at the end; it stays if an error ends the reading before."""
    reader = Reader(client, journal)
    lists = await read_lists(reader, selection, await find_apps(reader, selection))
    end = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    client.expected = client.budget.made + TEAM_CALLS + APP_CALLS_MAX * len(lists.apps)
    linked = await read_links(reader, lists)
    found = await together(
        [
            read_shared(reader, selection, lists),
            *(read_app(Reader(client, journal, one.app.name), one) for one in _contexts(lists, end, linked)),
            *(read_data(Reader(client, journal, one.app.name), one) for one in lists.addons),
        ]
    )
    if journal is not None:
        journal.remove()
    return merge(found)


def _contexts(lists: Lists, end: datetime, linked: frozenset[str]) -> Iterator[AppContext]:
    known = Known(lists.aws_regions, {one.id: one.addon.name for one in lists.attachments})
    services: dict[str, set[str]] = {}
    for one in lists.addons:
        services.setdefault(one.app.name, set()).add(one.addon_service.name)
    for app in lists.apps:
        yield AppContext(app, known, end, frozenset(services.get(app.name, ())), app.id in linked)


def merge(parts: Iterable[Inventory]) -> Inventory:
    """All parts as one, in a stable order; a record that two pages of a changing list both hold is there once."""
    whole = sum(parts, Inventory())
    gone = {one.app for one in whole.unreadable if one.what == f"app {one.app}"}
    unreadable = tuple(one for one in whole.unreadable if one.app not in gone or one.what == f"app {one.app}")
    unique: dict[str, Record] = {}
    for record in whole.records:
        if record.app not in gone:
            unique.setdefault(record.origin, record)
    ordered = tuple(sorted(unique.values(), key=lambda record: (record.app, type(record).__name__, record.origin)))
    told = sorted(unreadable, key=lambda one: (one.app, one.what))
    doubts = sorted(dict.fromkeys(whole.doubts), key=lambda doubt: (doubt.place, doubt.text))
    return Inventory(ordered, tuple(told), tuple(doubts), whole.values)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
