"""Tokens that do not work, limits, storms, lost connections, apps that vanish: what is told, and what is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.heroku import records
from homeport.heroku.api.client import Progress
from homeport.heroku.api.read import read_account, read_team
from homeport.heroku.api.selection import Selection
from homeport.heroku.records import Inventory
from tests.heroku.api.reading import NOW, WHOLE, client_of, read_briefly, read_served
from tests.heroku.server.answers import TOKEN, TOKEN_EXPIRED, Faults
from tests.heroku.server.serve import serve
from tests.heroku.server.team import ORDERS, TEAM
from tests.heroku.server.virtual import VirtualClock

CALLS = 128  # of the whole team
PUBLIC = {"https://catalog.magicbook.example"}  # also a domain
SECRETS = ("password", "sendgrid-key-1", "sentry-key-1", "amqp-key-1", "papertrail-token-1", "not-a-real", "not_a_real")


@pytest.mark.parametrize(
    ("token", "words"), [("nonsense", "the token (401)"), (TOKEN_EXPIRED, "an expired token (401)")]
)
async def test_a_token_that_is_not_accepted_is_told_with_the_way_to_a_new_one(token: str, words: str) -> None:
    with pytest.raises(HomeportError) as raised:
        await read_served(token=token)
    assert words in raised.value.message and "request-1" in raised.value.message
    assert token not in raised.value.message + raised.value.hint
    assert "heroku authorizations:create -s read,read-protected" in raised.value.hint


async def test_a_suspended_account_is_told() -> None:
    with pytest.raises(HomeportError, match="account ada@magicbook.example is suspended"):
        await read_served(faults=Faults(is_suspended=True))


async def test_a_two_factor_code_is_asked_for_once_however_many_calls_need_it() -> None:
    asked = []
    found, _ = await read_served(faults=Faults(two_factor_code="123456"), ask_code=lambda: asked.append(1) or "123456")
    assert len(asked) == 1
    assert len(list(found.of(records.App))) == len(TEAM.apps)


async def test_wrong_two_factor_codes_end_after_three() -> None:
    asked = []
    with pytest.raises(HomeportError, match="does not accept the two-factor code"):
        await read_served(faults=Faults(two_factor_code="123456"), ask_code=lambda: asked.append(1) or str(len(asked)))
    assert len(asked) == 3


async def test_without_anybody_to_ask_the_two_factor_code_is_an_error() -> None:
    with pytest.raises(HomeportError, match="two-factor code, and none was given"):
        await read_served(faults=Faults(two_factor_code="123456"))


@pytest.mark.parametrize(
    "faults",
    [Faults(limited=range(20, 40)), Faults(unavailable=range(20, 32)), Faults(dropped=range(20, 32))],
    ids=["429", "503", "lost connections"],
)
async def test_a_storm_is_waited_out_and_changes_nothing(faults: Faults) -> None:
    calm, stormy = await read_briefly(TEAM), await read_briefly(TEAM, faults)
    assert stormy.records == calm.records
    assert stormy.values == calm.values
    assert len(stormy.unreadable) == len(calm.unreadable)


async def test_waits_grow_and_are_told() -> None:
    clock, told = VirtualClock(), list[Progress]()
    async with serve(TEAM, faults=Faults(unavailable=range(1, 4))) as served:
        async with client_of(served.hosts, clock=clock, progress=told.append) as client:
            await read_team(client, WHOLE, now=NOW)
    assert clock.slept == [1.0, 2.0, 4.0]
    assert [one.text for one in told if "waiting" in one.text][0] == "the apps: waiting 1 s (status 503)"
    assert told[-1].waited_seconds == 7.0
    assert 0 < told[-1].calls_left < 4500 and told[-1].calls_made <= told[-1].calls_expected


async def test_one_thing_that_always_fails_is_named_and_the_rest_goes_on() -> None:
    found = await read_briefly(TEAM, Faults(broken_paths=("/apps/magicbook-admin/webhooks",)))
    (failed,) = [one for one in found.unreadable if "503" in one.reason]
    assert failed.what == "webhooks of magicbook-admin" and failed.request_id
    assert len(list(found.of(records.App))) == len(TEAM.apps)


async def test_heroku_being_down_ends_it_soon() -> None:
    async with serve(TEAM, faults=Faults(unavailable=range(12, 100_000))) as served:
        async with client_of(served.hosts) as client:
            with pytest.raises(HomeportError, match="Heroku answers 503 to every call"):
                await read_team(client, WHOLE, now=NOW)
    assert len(served.answers.seen) < 100


async def test_a_host_that_does_not_answer_is_told() -> None:
    async with serve(TEAM) as served:
        pass  # closed by the time it is asked
    async with client_of(served.hosts) as client:
        with pytest.raises(HomeportError, match=r"/api: no connection after 5 tries \(ConnectError\)"):
            await read_team(client, WHOLE, now=NOW)


async def test_a_host_beside_the_main_one_may_be_out_of_reach() -> None:
    async with serve(TEAM) as served:
        hosts = replace(served.hosts, metrics="http://127.0.0.1:9")
        async with client_of(hosts) as client:
            found = await read_team(client, Selection(None, ("magicbook-search",)), now=NOW)
    assert [one.reason for one in found.unreadable if "metrics" in one.what] == ["no connection: ConnectError"]
    assert len(list(found.of(records.Process))) == 4


async def test_an_account_that_may_not_be_asked_is_told() -> None:
    with pytest.raises(HomeportError, match=r"Heroku: the account: the token may not read it \(403\)"):
        await read_served(faults=Faults(forbidden_paths=("/account",)))


async def test_an_app_that_vanishes_between_two_calls_is_one_line() -> None:
    found = await read_briefly(TEAM, Faults(vanishing_app="magicbook-search"))
    (gone,) = [one for one in found.unreadable if one.app == "magicbook-search"]
    assert gone.what == "app magicbook-search" and "is gone (404)" in gone.reason and gone.request_id
    assert not [one for one in found.records if one.app == "magicbook-search"]
    assert not [key for key in found.values if key[0] == "magicbook-search"]
    assert len(list(found.of(records.App))) == len(TEAM.apps) - 1


async def test_an_app_that_may_not_be_read_is_one_line_and_few_calls() -> None:
    async with serve(TEAM, faults=Faults(forbidden_apps=("magicbook-admin",))) as served:
        async with client_of(served.hosts) as client:
            found = await read_team(client, WHOLE, now=NOW)
    (refused,) = [one for one in found.unreadable if one.app == "magicbook-admin"]
    assert refused.what == "everything of app magicbook-admin but its name"
    assert served.answers.calls_by_app()["magicbook-admin"] == 1


async def test_invoices_that_only_an_admin_sees_are_unreadable() -> None:
    found = await read_briefly(TEAM, Faults(forbidden_paths=("/invoices",)))
    assert not list(found.of(records.Invoice))
    assert [one.reason for one in found.unreadable if "invoices" in one.what] == [
        "the token may not read it (403): You do not have access to it."
    ]


async def test_a_lost_connection_leaves_a_journal_that_the_next_run_goes_on_from(tmp_path: Path) -> None:
    async with serve(TEAM, faults=Faults(dropped=range(80, 100_000))) as served:
        async with client_of(served.hosts) as client:
            with pytest.raises(HomeportError, match="no connection after 5 tries") as raised:
                await read_account(client, WHOLE, tmp_path)
        assert "only the rest is asked for" in raised.value.hint
        (journal,) = (tmp_path / "heroku" / "journal").iterdir()
        kept = len(list(journal.iterdir()))
        assert_private(tmp_path)

        first, served.answers.faults = len(served.answers.seen), Faults()
        async with client_of(served.hosts) as client:
            again = await read_account(client, WHOLE, tmp_path)
    assert kept > 40
    assert len(served.answers.seen) - first == CALLS - kept
    assert not journal.exists()
    assert without_times(again) == without_times((await read_served())[0])


async def test_an_answer_of_another_selection_is_not_gone_on_from(tmp_path: Path) -> None:
    async with serve(TEAM, faults=Faults(dropped=range(80, 100_000))) as served:
        async with client_of(served.hosts) as client:
            with pytest.raises(HomeportError):
                await read_account(client, WHOLE, tmp_path)
        first, served.answers.faults = len(served.answers.seen), Faults()
        async with client_of(served.hosts) as client:
            await read_account(client, Selection(None, ("magicbook-catalog",)), tmp_path)
    asked = [request.path for request in served.answers.seen[first:]]
    assert "/apps/magicbook-catalog/formation" in asked
    assert len(list((tmp_path / "heroku" / "journal").iterdir())) == 1


async def test_a_second_import_gets_unchanged_answers_from_the_cache(tmp_path: Path) -> None:
    async with serve(TEAM) as served:
        for _ in range(2):
            async with client_of(served.hosts) as client:
                found = await read_account(client, WHOLE, tmp_path)
    assert served.answers.not_modified > 80
    assert len(found.values) == 54
    assert_private(tmp_path)


async def test_no_value_reaches_a_file_a_log_an_error_or_a_repr(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with serve(TEAM, faults=Faults(dropped=range(90, 100_000))) as served:
        async with client_of(served.hosts) as client:
            with pytest.raises(HomeportError) as raised:
                await read_account(client, WHOLE, tmp_path)
    text = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    found, _ = await read_served(home=tmp_path)
    text += "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    assert "magicbook-orders" in text  # there is something to search
    text += f"{raised.value}{raised.value.hint}{caplog.text}{found!r}{found.values!r}"
    values = {value for value in found.values.values() if len(value) > 8 and value not in PUBLIC}
    assert len(values) > 20
    for secret in [*SECRETS, TOKEN, *values, *(ORDERS.config[name] for name in ORDERS.masked)]:
        assert secret not in text, secret


def without_times(inventory: Inventory) -> list[records.Record]:
    return [one for one in inventory.records if not isinstance(one, records.Traffic)]


def assert_private(home: Path) -> None:
    """Files 0600 in folders 0700."""
    folders = [path for path in (home / "heroku").rglob("*") if path.is_dir() and any(path.glob("*.json"))]
    assert folders
    for folder in folders:
        assert folder.stat().st_mode & 0o777 == 0o700
        for file in folder.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600, file
