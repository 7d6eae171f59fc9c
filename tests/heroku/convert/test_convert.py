"""The whole conversion: valid, complete, without secrets, and the same whatever the order of what was read."""

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.cost.simulation.service_time import lognormal
from homeport.errors import HomeportError
from homeport.heroku.convert import Converted, convert
from homeport.heroku.convert.usage import render_usage
from homeport.heroku.records import (
    AddOn,
    App,
    ConfigVar,
    DatabaseFacts,
    DynoSize,
    Inventory,
    Process,
    Record,
    Traffic,
    Values,
)
from homeport.heroku.report import render_markdown, report_json
from tests.heroku.convert.small import addon, app, attached, load, of, stage
from tests.heroku.convert.team import EMOJI, secret_values, team


def origins(converted: Converted) -> Counter[str]:
    return Counter(
        origin for entries in converted.report.lists().values() for entry in entries for origin in entry.origins
    )


def test_check_accepts_the_team_in_every_environment(tmp_path: Path) -> None:
    platform = load(convert(team()), tmp_path)
    assert set(platform.services) == {"api", "blog", "reports", "shop"}
    assert set(platform.environments) == {"local", "stage", "prod"}
    assert platform.in_environment("prod").services["shop"].processes["web"].scale.max == 4


def test_every_record_is_in_exactly_one_list() -> None:
    read = Counter(record.origin for record in team().records if not isinstance(record, DynoSize))
    assert origins(convert(team())) == read
    assert set(read.values()) == {1}


def test_no_value_is_anywhere_but_in_the_values() -> None:
    converted = convert(team())
    report = converted.report
    told = [converted.platform_text, render_usage(converted.usage), render_markdown(report)]
    told += [json.dumps(report_json(report)), repr(converted)]
    for value in secret_values():
        assert not any(value in text or value[:40] in text for text in told)
    assert converted.values.config["prod", "shop", "EMOJI"] == EMOJI


def test_the_order_in_which_things_were_read_changes_nothing() -> None:
    expected = convert(team())
    for seed in range(5):
        records = list(team().records)
        random.Random(seed).shuffle(records)
        again = convert(replace(team(), records=tuple(records)))
        assert again.platform_text == expected.platform_text
        assert render_usage(again.usage) == render_usage(expected.usage)
        assert render_markdown(again.report) == render_markdown(expected.report)


def test_what_is_read_twice_counts_once() -> None:
    assert convert(team() + team()) == convert(team())


def test_a_database_attached_to_three_apps_is_one_that_three_services_use(tmp_path: Path) -> None:
    platform = load(convert(team()), tmp_path)
    users = {name for name, service in platform.services.items() if "shop-store" in service.uses}
    assert users == {"shop", "api", "reports"}
    assert platform.services["api"].uses[0] == "api-db"  # it is the one that gives DATABASE_URL
    assert set(platform.databases) == {"api-db", "blog-db", "shop-store"}


def test_versions_sizes_and_disks_follow_what_was_measured(tmp_path: Path) -> None:
    platform = load(convert(team()), tmp_path)
    prod, stage_ = platform.in_environment("prod"), platform.in_environment("stage")
    assert platform.databases["api-db"].version == "14"  # 13 on Heroku
    assert (prod.databases["shop-store"].size, prod.databases["shop-store"].storage_gb) == ("db.m7g.large", 70)
    assert (stage_.databases["shop-store"].size, stage_.databases["shop-store"].version) == ("db.t4g.micro", "16")
    assert platform.databases["shop-store"].extensions == ("pg_trgm", "uuid-ossp")
    assert prod.environments["prod"].availability == "high"
    assert (prod.caches["shop-cache"].replicas, stage_.caches["shop-cache"].replicas) == (1, 0)


def test_scales_come_from_formation_autoscaling_and_traffic(tmp_path: Path) -> None:
    prod = load(convert(team()), tmp_path).in_environment("prod").services
    assert (prod["api"].processes["web"].scale.min, prod["api"].processes["web"].scale.max) == (2, 6)
    assert (prod["shop"].processes["web"].scale.min, prod["shop"].processes["web"].scale.max) == (2, 4)
    assert (prod["shop"].processes["worker"].scale.min, prod["shop"].processes["worker"].scale.max) == (2, 2)
    assert prod["reports"].processes["nightly-2x"].scale.min == 0
    assert (prod["api"].processes["web"].cpu, prod["api"].processes["web"].memory_mb) == (2048, 4096)


def test_an_app_without_staging_runs_no_task_there(tmp_path: Path) -> None:
    stage_ = load(convert(team()), tmp_path).in_environment("stage").services
    assert stage_["blog"].processes["web"].scale.min == 0
    assert stage_["shop"].processes["web"].scale.min == 1


def test_wrappers_of_buildpacks_are_taken_out_of_commands(tmp_path: Path) -> None:
    platform = load(convert(team()), tmp_path)
    assert platform.services["shop"].processes["web"].command == "gunicorn shop.wsgi --log-file -"
    assert any("start-nginx" in entry.why for entry in convert(team()).report.changed)


def test_config_goes_where_it_belongs() -> None:
    values = convert(team()).values
    assert ("prod", "shop", "STRIPE_SECRET") in values.config
    assert ("prod", "shop", "SECRET_KEY") in values.config
    for name in ("DATABASE_URL", "AWS_ACCESS_KEY_ID", "ALLOWED_HOSTS", "LONG_JSON"):
        assert ("prod", "shop", name) in values.other
        assert ("prod", "shop", name) not in values.config
    assert not [key for key in {**values.config, **values.other} if key[2] == "MASKED_KEY"]


def test_apps_that_are_no_python_or_only_pass_by_are_not_moved() -> None:
    titles = {entry.title: entry.why for entry in convert(team()).report.not_moved}
    assert titles["app landing"] == "is not Python, but nodejs"
    assert titles["app shop-pr-12"] == "is a review app"


def test_commands_tell_the_language_where_nothing_else_does() -> None:
    converted = convert(of(app("landing", "npm start"), app("shop")))
    assert {e.title: e.why for e in converted.report.not_moved}["app landing"] == "is not Python, but nodejs"


def test_addresses_of_herokus_data_are_never_set_on_aws() -> None:
    variables = [ConfigVar(origin=name, app="shop", name=name) for name in ("REDIS_TLS_URL", "STORE_URL", "SITE_URL")]
    inventory = of(app("shop"), addon("pg-1", "shop"), attached("STORE", "shop", "pg-1"), [*variables])
    values = Values({("shop", variable.name): "x" for variable in variables})
    found = convert(replace(inventory, values=values)).values
    assert set(found.config) == {("prod", "shop", "SITE_URL")}
    assert set(found.other) == {("prod", "shop", "REDIS_TLS_URL"), ("prod", "shop", "STORE_URL")}


def test_the_bill_has_no_price_for_each_eco_dyno_and_every_addon_with_its_billed_price() -> None:
    charges = convert(team()).usage.heroku.charges
    eco = [(charge.item, charge.cents, charge.part) for charge in charges if "Eco" in charge.item]
    assert eco == [("web: 1 x Eco", None, "blog")]
    shop_db = next(charge for charge in charges if charge.source == "billed_price of postgresql-curved-1")
    assert (shop_db.cents, shop_db.part, shop_db.environment) == (35_000, "shop-store", "prod")
    assert [charge.moves for charge in charges if charge.item == "sentry:team"] == [False]
    assert [charge.moves for charge in charges if charge.app in ("landing", "shop-pr-12")] == [False, True]
    web = next(charge for charge in charges if charge.item == "web: 4 x Standard-2X")
    assert (web.cents, web.part) == (20_000, "shop")


def test_measured_requests_are_those_of_a_month_of_730_hours() -> None:
    usage = convert(team()).usage.environments["prod"].services["shop"]
    of_a_week = sum(sum(traffic.requests) for traffic in team().of(Traffic, "shop-prod"))
    assert usage.requests is not None
    assert usage.requests.typical == round(of_a_week / (7 * 24) * 730)
    assert usage.tasks["web"].typical == 4


def test_the_median_of_the_router_is_not_written_as_an_average() -> None:
    usage = convert(team()).usage.environments["prod"].services["shop"]
    assert (usage.p50_ms, usage.p95_ms) == (80, 410)
    assert usage.duration_ms is not None
    assert usage.duration_ms.typical == round(lognormal(80, 410).mean * 1000, 1) > 1.5 * 80


def test_nothing_at_all_gives_a_valid_file(tmp_path: Path) -> None:
    converted = convert(Inventory())
    assert load(converted, tmp_path).name == "platform"
    assert converted.report.lists() == {"moved as is": (), "moved with a change": (), "not moved": ()}
    assert "None." in render_markdown(converted.report)


def test_an_app_without_processes_is_told_and_its_shared_database_moves(tmp_path: Path) -> None:
    holder = App(origin="holder", app="holder")
    inventory = of(holder, app("shop"), addon("pg-1", "holder"), attached("DATABASE", "shop", "pg-1"))
    converted = convert(inventory)
    platform = load(converted, tmp_path)
    assert platform.services["shop"].uses == ("shop-db",)
    assert "has no process with a command" in next(e.why for e in converted.report.not_moved if e.title == "app holder")


def test_apps_that_attach_each_others_databases_are_no_problem(tmp_path: Path) -> None:
    inventory = of(
        app("a"),
        app("b"),
        addon("pg-a", "a"),
        addon("pg-b", "b"),
        attached("DATABASE", "a", "pg-a"),
        attached("OTHER", "a", "pg-b"),
        attached("DATABASE", "b", "pg-b"),
        attached("OTHER", "b", "pg-a"),
        DatabaseFacts(origin="facts a", app="a", addon="pg-a", version="16.1", followers=("pg-b",)),
        DatabaseFacts(origin="facts b", app="b", addon="pg-b", version="16.1", followers=("pg-a",)),
    )
    converted = convert(inventory)
    load(converted, tmp_path)
    assert origins(converted) == Counter(record.origin for record in inventory.records)


def test_a_database_attached_across_environments_is_there_in_both(tmp_path: Path) -> None:
    inventory = of(
        app("shop-prod"),
        app("shop-stage"),
        stage("shop-prod", "shop", "production"),
        stage("shop-stage", "shop", "staging"),
        addon("pg-1", "shop-prod"),
        attached("DATABASE", "shop-prod", "pg-1"),
        attached("DATABASE", "shop-stage", "pg-1"),
    )
    converted = convert(inventory)
    assert load(converted, tmp_path).in_environment("stage").services["shop"].uses == ("shop-db",)
    assert any("accounts share nothing" in entry.why for entry in converted.report.changed)


def test_services_that_share_in_production_only_use_their_own_in_staging(tmp_path: Path) -> None:
    records: list[Record] = []
    for name in ("shop", "api"):
        records += app(f"{name}-p") + app(f"{name}-s")
        records += [stage(f"{name}-p", name, "production"), stage(f"{name}-s", name, "staging")]
        records += [addon(f"pg-{name}", f"{name}-s"), attached("DATABASE", f"{name}-s", f"pg-{name}")]
    records += [addon("pg-both", "shop-p"), attached("DATABASE", "shop-p", "pg-both")]
    records += [attached("DATABASE", "api-p", "pg-both")]
    platform = load(convert(of(records)), tmp_path)
    assert {platform.in_environment("prod").services[name].uses for name in ("shop", "api")} == {("shop-db",)}
    assert len({platform.in_environment("stage").services[name].uses for name in ("shop", "api")}) == 2


def test_a_second_database_gets_the_name_that_makes_its_variable(tmp_path: Path) -> None:
    inventory = of(
        app("shop"),
        addon("pg-1", "shop"),
        addon("pg-2", "shop"),
        attached("DATABASE", "shop", "pg-1"),
        attached("ANALYTICS", "shop", "pg-2"),
    )
    converted = convert(inventory)
    assert load(converted, tmp_path).services["shop"].uses == ("shop-db", "analytics")
    assert "ANALYTICS of shop: add-on pg-2" in {entry.title for entry in converted.report.moved}


def test_a_shared_database_is_named_so_that_no_code_must_change() -> None:
    titles = {entry.title for entry in convert(team()).report.moved}
    assert "SHOP_STORE of api-prod: add-on postgresql-curved-1" in titles
    assert "DATABASE of shop-prod: add-on postgresql-curved-1" in titles


def test_services_lose_the_platforms_name(tmp_path: Path) -> None:
    platform = load(convert(of(app("acme-www"), app("acme-api")), name="acme"), tmp_path)
    assert set(platform.services) == {"www", "api"}


@pytest.mark.parametrize(
    "names",
    [("my_app", "my-app", "My App"), ("1st", "-", "ünïcode"), ("a" * 30 + "1", "a" * 30 + "2"), ("users", "mail")],
)
def test_colliding_and_illegal_names_become_legal_ones_of_their_own(names: tuple[str, ...], tmp_path: Path) -> None:
    converted = convert(of(*(app(name) for name in names), *(addon(f"pg {name}", name) for name in names)))
    platform = load(converted, tmp_path)
    assert len(platform.services) == len(platform.databases) == len(names)


def test_odd_commands_survive_as_they_are(tmp_path: Path) -> None:
    command = "sh -c \"echo 'a': {b} # c \U0001f680\\n\" && x %s"
    platform = load(convert(of(app("odd", command))), tmp_path)
    assert platform.services["odd"].processes["web"].command == command


def test_names_decide_the_environment_where_there_is_no_pipeline(tmp_path: Path) -> None:
    converted = convert(of(app("blog"), app("blog-staging")))
    platform = load(converted, tmp_path)
    assert set(platform.services) == {"blog"}
    assert set(platform.environments) == {"local", "stage", "prod"}
    assert any("because of its name" in entry.why for entry in converted.report.changed)


def test_two_production_apps_of_a_pipeline_are_two_services(tmp_path: Path) -> None:
    inventory = of(
        app("shop"), app("shop-us"), stage("shop", "shop", "production"), stage("shop-us", "shop", "production")
    )
    assert set(load(convert(inventory), tmp_path).services) == {"shop", "shop-us"}


def test_a_checkout_gives_its_code_to_the_app_of_the_same_name(tmp_path: Path) -> None:
    checkout: list[Record] = [
        App(origin="src/shop", app="shop", folder="src/shop"),
        Process(origin="src/shop/Procfile:1", app="shop", type="web", command="gunicorn shop.wsgi"),
        Process(origin="src/shop/Procfile:2", app="shop", type="worker", command="celery worker"),
        AddOn(origin="src/shop/app.json", app="shop", name="heroku-redis", service="heroku-redis", plan=""),
        ConfigVar(origin="src/shop/app.json env", app="shop", name="DEBUG"),
    ]
    live = [*app("shop-live", "old"), stage("shop-live", "shop", "production")]
    converted = convert(of(live, checkout))
    platform = load(converted, tmp_path)
    assert platform.services["shop"].path == "src/shop"
    assert platform.services["shop"].processes["web"].command == "gunicorn shop.wsgi"
    assert platform.services["shop"].processes["worker"].scale.min == 0  # not in the formation of the app
    assert not platform.caches
    why = {entry.title: entry.why for entry in converted.report.not_moved}
    assert why["add-on heroku-redis (heroku-redis)"].startswith("app.json asks for it")
    assert origins(converted) == Counter(record.origin for record in (*live, *checkout))


def test_a_checkout_alone_is_a_service_with_what_its_app_json_asks_for(tmp_path: Path) -> None:
    inventory = of(
        App(origin="blog", app="blog", folder="blog"),
        Process(origin="blog/Procfile:1", app="blog", type="web", command="gunicorn blog.wsgi"),
        AddOn(origin="blog/app.json", app="blog", name="pg", service="heroku-postgresql", plan="mini"),
    )
    assert load(convert(inventory), tmp_path).services["blog"].uses == ("blog-db",)


def test_a_celery_beat_runs_once_whatever_the_formation_says(tmp_path: Path) -> None:
    beat = Process(
        origin="beat", app="shop", type="beat", command="celery -A x worker -B", size="Standard-1X", quantity=3
    )
    converted = convert(of(app("shop"), beat))
    assert load(converted, tmp_path).in_environment("prod").services["shop"].processes["beat"].scale.max == 1
    assert any("twice" in entry.why for entry in converted.report.changed)


def test_values_that_no_parameter_can_hold_are_told_without_being_shown() -> None:
    var = ConfigVar(origin="var", app="shop", name="BIG")
    inventory = replace(of(app("shop"), var), values=Values({("shop", "BIG"): "z" * 9_000}))
    converted = convert(inventory)
    assert "has 9000 bytes" in next(e.why for e in converted.report.not_moved if "BIG" in e.title)
    assert "zzz" not in repr(converted)


@pytest.mark.parametrize(("name", "region"), [("My App", None), ("x" * 25, None), (None, "Ireland")])
def test_options_that_the_file_does_not_allow_are_refused(name: str | None, region: str | None) -> None:
    with pytest.raises(HomeportError, match="--name|--region"):
        convert(Inventory(), name=name, region=region)


def test_a_long_platform_name_leaves_room_for_the_names_of_aws(tmp_path: Path) -> None:
    inventory = of(app("a-rather-long-service"), addon("redis-1", "a-rather-long-service", "heroku-redis", "mini"))
    platform = load(convert(inventory, name="abcdefghijklmnopqrstuvwx"), tmp_path)
    assert len(next(iter(platform.caches))) <= 9
