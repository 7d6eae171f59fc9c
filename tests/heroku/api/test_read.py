"""A whole team, read over HTTP."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.heroku import records
from homeport.heroku.api.selection import Selection
from homeport.heroku.records import Inventory
from tests.bench.heroku_import import TARGET_CALLS, TARGET_SECONDS, measure_team
from tests.heroku.api.reading import read_briefly, read_served
from tests.heroku.server.answers import TOKEN_WITHOUT_CONFIG, Faults
from tests.heroku.server.parts import HerokuTeam, Proc, TeamApp
from tests.heroku.server.team import CATALOG, ORDERS, TEAM


@pytest.fixture(scope="module")
def found() -> Inventory:
    return asyncio.run(read_briefly(TEAM))


async def test_eight_apps_are_read_in_time_with_few_calls() -> None:
    measured = await measure_team()
    assert measured.seconds < TARGET_SECONDS
    assert measured.calls / len(TEAM.apps) <= TARGET_CALLS
    assert max(measured.by_app.values()) <= TARGET_CALLS
    assert set(measured.by_app) == {app.name for app in TEAM.apps}


async def test_nothing_but_get_is_ever_sent() -> None:
    _, answers = await read_served()
    assert {request.method for request in answers.seen} == {"GET"}
    assert {request.host for request in answers.seen} == {"api", "data", "metrics", "github"}


def test_every_kind_of_record_that_a_team_has_is_read(found: Inventory) -> None:
    kinds = {type(record) for record in found.records}
    wanted = (
        "App Process DynoSize Autoscale ConfigVar AddOn Attachment DatabaseFacts CacheFacts Traffic Domain Certificate"
    )
    wanted += (
        " Buildpack Release Pipeline Coupling ReviewApps Collaborator Drain Feature Webhook Invoice Repository Job"
    )
    assert kinds == {getattr(records, name) for name in wanted.split()}


async def test_origins_are_unique_and_the_order_is_stable() -> None:
    first, second = await read_briefly(TEAM), await read_briefly(TEAM)
    assert len({record.origin for record in first.records}) == len(first.records)
    assert first.records == second.records


async def test_small_pages_give_the_same_team() -> None:
    whole, paged = await read_briefly(TEAM), await read_briefly(TEAM, Faults(page_max=2))
    assert paged.records == whole.records
    assert paged.values == whole.values


def test_a_process_has_its_size_and_the_slug_its_release_command(found: Inventory) -> None:
    by_name = {one.origin: one for one in found.of(records.Process, "magicbook-catalog")}
    web = by_name["api: apps/magicbook-catalog/formation/web"]
    assert (web.size, web.quantity) == ("Performance-M", 2)
    release = by_name["api: apps/magicbook-catalog/slugs/current/release"]
    assert release.command == "python manage.py migrate --noinput"


def test_the_failed_newest_release_is_not_taken_for_the_current_one(found: Inventory) -> None:
    (release,) = found.of(records.Release, "magicbook-catalog")
    assert release.version == CATALOG.release
    assert release.commit


def test_one_database_is_attached_to_four_apps(found: Inventory) -> None:
    shared = {one.app for one in found.of(records.Attachment) if one.addon == "postgresql-curly-11111"}
    assert shared == {"magicbook-catalog", "magicbook-search", "magicbook-website", "magicbook-admin"}
    owners = {one.name: one.addon for one in found.of(records.ConfigVar, "magicbook-admin")}
    assert owners["ORDERS_DATABASE_URL"] == "postgresql-solid-33333"
    assert owners["SECRET_KEY"] == ""


def test_what_the_data_host_says_of_databases_and_caches(found: Inventory) -> None:
    facts = {one.addon: one for one in found.of(records.DatabaseFacts)}["postgresql-curly-11111"]
    assert (facts.version, facts.tables, facts.connections, facts.connections_max) == ("15.8", 83, 61, 400)
    assert (facts.size_bytes, facts.plan_bytes) == (45_419_279_155, 256 << 30)
    assert facts.credentials == ("default", "readonly")
    assert facts.backup_schedules == ("DATABASE_URL daily at 02:00 Europe/Berlin",)
    caches = {one.addon: (one.version, one.eviction) for one in found.of(records.CacheFacts)}
    assert caches["redis-lazy-66666"] == ("7.2.4", "allkeys-lru")


def test_traffic_is_that_of_seven_days_by_the_hour(found: Inventory) -> None:
    (traffic,) = found.of(records.Traffic, "magicbook-catalog")
    assert (len(traffic.requests), traffic.step_seconds) == (7 * 24, 3600)
    assert traffic.start.isoformat() == "2026-11-13T09:00:00+00:00"
    assert traffic.p50_ms and traffic.p95_ms and traffic.p50_ms < 60 < 250 < traffic.p95_ms < 400


async def test_a_day_is_taken_where_heroku_keeps_no_week() -> None:
    found = await read_briefly(TEAM, Faults(metrics_days=1))
    assert {len(one.requests) for one in found.of(records.Traffic)} == {24}
    assert not [one for one in found.unreadable if "metrics" in one.what]


def test_only_the_host_of_a_drain_and_a_webhook_is_kept(found: Inventory) -> None:
    assert {one.host for one in found.of(records.Drain)} == {"logs.papertrailapp.example", "drain.example"}
    assert {one.host for one in found.of(records.Webhook)} == {"hooks.magicbook.example"}


def test_certificates_that_heroku_renews_cost_no_call_and_others_are_read(found: Inventory) -> None:
    by_name = {one.name: one for one in found.of(records.Certificate, "magicbook-website")}
    assert by_name["magicbook-website-acm"].is_acm
    assert set(by_name["magicbook-website-acm"].domains) == {"www.magicbook.example", "magicbook.example"}
    assert by_name["own"].domains == ("shop.partner.example",)
    assert by_name["own"].expires_at.startswith("2027")
    assert len(by_name) == 2


def test_invoices_reconcile_nearly_with_the_prices_that_were_read(found: Inventory) -> None:
    cents = {one.name: one.cents for one in found.of(records.DynoSize)}
    dynos = sum(cents[one.size] or 0 for one in found.of(records.Process) for _ in range(one.quantity or 0))
    charged = dynos + sum(one.cents or 0 for one in found.of(records.AddOn))
    assert charged == TEAM.monthly_cents()
    for invoice in found.of(records.Invoice):
        assert abs(invoice.total_cents / charged - 1) < 0.03
    assert [one.month for one in found.of(records.Invoice)] == ["2026-08", "2026-09", "2026-10"]


def test_scheduler_jobs_are_inferred_from_running_dynos_and_the_rest_is_named(found: Inventory) -> None:
    (job,) = found.of(records.Job, "magicbook-orders")
    assert (job.command, job.is_inferred, job.schedule) == ("python manage.py expire_carts", True, "")
    unseen = {one.app for one in found.unreadable if "Scheduler" in one.what}
    assert unseen == {"magicbook-orders", "magicbook-notifications"}


def test_a_masked_variable_is_named_and_its_value_is_asked_of_a_person(found: Inventory) -> None:
    masked = {one.name for one in found.of(records.ConfigVar, "magicbook-orders") if one.is_masked}
    assert masked == {"STRIPE_API_KEY"}
    assert ("magicbook-orders", "STRIPE_API_KEY") not in found.values
    assert [one for one in found.unreadable if "STRIPE_API_KEY" in one.what]


async def test_config_values_arrive_intact() -> None:
    odd = {
        "QUOTES": "a'b\"c`d\\",
        "LINES": "one\ntwo\r\n\tthree",
        "EMOJI": "\U0001f4d6é\u2028",
        "LONG": "x" * 32768,
        "EMPTY": "",
    }
    found = await read_briefly(TEAM.with_app(replace(ORDERS, config=odd, masked=())))
    assert {name: found.values["magicbook-orders", name] for name in odd} == odd


async def test_apps_are_chosen_by_name_wherever_they_belong() -> None:
    found, answers = await read_served(selection=Selection(None, ("magicbook-search", "magicbook-admin")))
    assert {record.app for record in found.of(records.App)} == {"magicbook-search", "magicbook-admin"}
    assert {one.name for one in found.of(records.AddOn)} >= {"postgresql-curly-11111", "postgresql-solid-33333"}
    assert not [request for request in answers.seen if request.path.startswith("/apps/magicbook-orders/")]


async def test_everything_that_the_token_sees_is_read_without_a_selection() -> None:
    found, _ = await read_served(selection=Selection())
    assert len(list(found.of(records.App))) == len(TEAM.apps)
    assert len(list(found.of(records.Invoice))) == len(TEAM.invoices)


async def test_an_unknown_team_is_told_with_the_likeliest_meant() -> None:
    with pytest.raises(HomeportError) as raised:
        await read_served(selection=Selection("magicbok"))
    assert raised.value.message == (
        "Heroku: there is no team magicbok, or the token may not see it; did you mean magicbook?"
    )
    assert raised.value.hint == "the token sees: magicbook"


async def test_all_unknown_apps_are_told_at_once() -> None:
    with pytest.raises(HomeportError) as raised:
        await read_served(selection=Selection(None, ("magicbook-orderz", "zebra")))
    first, second = raised.value.message.splitlines()
    assert "magicbook-orderz" in first and "did you mean magicbook-orders" in first
    assert "zebra" in second


async def test_an_app_on_fir_has_an_image_and_telemetry_drains_and_a_space() -> None:
    fir = TeamApp(
        "story",
        {"web": Proc("daphne story.asgi", 2, "Standard-1X")},
        generation="fir",
        space="library-space",
        region="frankfurt",
        drains=("https://otel.example/v1",),
    )
    team = HerokuTeam((fir,), spaces={"library-space": ("192.0.2.1", "192.0.2.2")})
    found = await read_briefly(team)
    (app,) = found.of(records.App)
    assert (app.generation, app.space, app.aws_region) == ("fir", "library-space", "eu-central-1")
    assert "daphne story.asgi" in {one.command for one in found.of(records.Process) if "oci-images" in one.origin}
    assert [one.host for one in found.of(records.Drain)] == ["otel.example"]
    (space,) = found.of(records.Space)
    assert space.egress_ips == ("192.0.2.1", "192.0.2.2")


async def test_a_team_without_anything_is_an_empty_inventory() -> None:
    found = await read_briefly(HerokuTeam(()))
    assert {type(one) for one in found.records} == {records.DynoSize}


async def test_a_token_without_config_reads_the_rest(tmp_path: Path) -> None:
    found, _ = await read_served(token=TOKEN_WITHOUT_CONFIG, home=tmp_path)
    assert not found.values
    refused = [one for one in found.unreadable if one.what.startswith("config vars of")]
    assert {one.app for one in refused} == {app.name for app in TEAM.apps}
    assert all("may not read it (403)" in one.reason and one.request_id.startswith("request-") for one in refused)
    assert len(list(found.of(records.Process))) > 20
