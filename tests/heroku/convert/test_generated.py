"""Any inventory at all: no traceback, each record in one list, a file that `homeport check` accepts."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.heroku import records as kinds
from homeport.heroku.convert import convert
from homeport.heroku.convert.usage import render_usage
from homeport.heroku.records import DynoSize, Inventory, Record, Values
from homeport.heroku.report import render_markdown
from homeport.model.load import load_platform
from homeport.model.usage import Usage

ODD = st.text(max_size=12)
APP = st.sampled_from(["shop", "shop-staging", "Shop_Prod", "api", "1st", "users", "ünïcode", "a" * 30]) | ODD
NAMED = st.sampled_from(["pg-1", "pg-2", "redis-1", "heroku-postgresql"]) | ODD
TYPE = st.sampled_from(["web", "worker", "release", "Worker_2", "worker-2", "beat"]) | ODD
COMMAND = (
    st.sampled_from(["gunicorn a.wsgi", "celery -A a worker -B", "bin/start-nginx bin/start-pgbouncer x", ""]) | ODD
)
SIZE = st.sampled_from(["Eco", "Standard-1X", "Performance-L", "Private-M", "dyno-32c-64gb", "dyno-4c-8gb", ""]) | ODD
SERVICE = st.sampled_from(["heroku-postgresql", "heroku-redis", "sentry", "scheduler", "mailgun", "rediscloud"]) | ODD
PLAN = st.sampled_from(["premium-2", "essential-0", "standard-9", "private-l-6", "heroku-postgresql:basic -v 15"]) | ODD
ROLE = st.sampled_from(["DATABASE", "REDIS", "HEROKU_POSTGRESQL_GOLD", "ANALYTICS", "DATABASE_CONNECTION_POOL"]) | ODD
VERSION = st.sampled_from(["9.6", "13.9", "16", "19.1", "v15", "3.12", "python-3.8.1", "2.7"]) | ODD
VARIABLE = st.sampled_from(["DATABASE_URL", "SECRET_KEY", "AWS_REGION", "PORT", "WEB_CONCURRENCY", "A B"]) | ODD
AMOUNT = st.none() | st.integers(-5, 10**13)
TEXTS = st.lists(NAMED, max_size=3).map(tuple)
WORD_OF = {
    "app": st.just("") | APP,
    "type": TYPE,
    "command": COMMAND,
    "size": SIZE,
    "service": SERVICE,
    "plan": PLAN,
    "addon": NAMED,
    "pipeline": st.sampled_from(["shop", "api"]) | ODD,
    "stage": st.sampled_from(["production", "staging", "development", "review", "test", "odd", ""]),
    "version": VERSION,
    "folder": st.sampled_from(["", "", "src/shop", "shop"]),
    "month": st.sampled_from(["2026-10", "October", "2026-9", "9999-99"]) | ODD,
    "schedule": st.sampled_from(["10 minutes", "hourly at :30", "daily at 3:00 pm", "*/5 1 * * 1-5"]) | ODD,
    "region": st.sampled_from(["eu", "us", "dublin", ""]),
    "aws_region": st.sampled_from(["eu-west-1", "us-east-1", ""]),
}
FIELD_OF: dict[str, st.SearchStrategy[Any]] = {
    "requests": st.lists(st.floats(0, 1e9), max_size=5).map(tuple),
    "start": st.just(datetime(2026, 11, 1, tzinfo=UTC)),
    "step_seconds": st.sampled_from([60, 3600]),
    "quantity": st.none() | st.integers(-1, 1_000),
    "compute": st.none() | st.integers(0, 200),
    "memory_gb": st.none() | st.floats(0, 1_000),
    "options": st.dictionaries(st.sampled_from(["version"]), VERSION, max_size=1),
    "packages": st.just({}),
    "p50_ms": st.none() | st.floats(0, 1e5),
    "p95_ms": st.none() | st.integers(0, 10_000),
    "weighted_dyno_hours": st.just(0.0),
}
NUMBERS = {"min", "max", "ordinal", "tables", "connections"}


def of_kind(kind: type[Record]) -> st.SearchStrategy[Record]:
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in kind.__dataclass_fields__.items():
        said = str(field.type)
        if name == "origin":
            fields[name] = st.just("")
        elif name in FIELD_OF:
            fields[name] = FIELD_OF[name]
        elif name == "version" and kind is kinds.Release or name in NUMBERS or said == "<class 'int'>":
            fields[name] = st.integers(0, 600)
        elif "bool" in said:
            fields[name] = st.booleans()
        elif "tuple" in said:
            fields[name] = TEXTS
        elif "int" in said or "float" in said:
            fields[name] = AMOUNT
        else:
            fields[name] = WORD_OF.get(name, NAMED if name == "name" and kind is kinds.AddOn else _word(kind, name))
    return st.builds(kind, **fields)


def _word(kind: type[Record], name: str) -> st.SearchStrategy[str]:
    if name == "name":
        return {kinds.Attachment: ROLE, kinds.ConfigVar: VARIABLE}.get(kind, ODD)
    return ODD


KINDS = [kind for kind in Record.__subclasses__() if kind.__module__ == kinds.__name__]
COMMON = [kinds.App, kinds.Process, kinds.AddOn, kinds.Attachment, kinds.Coupling, kinds.ConfigVar]
RECORDS = st.lists(st.sampled_from(KINDS + COMMON * 5).flatmap(of_kind), max_size=25)


def inventory_of(records: list[Record]) -> Inventory:
    """With origins of their own, and a value for each config var that may be read."""
    numbered = tuple(replace(record, origin=f"record {index}") for index, record in enumerate(records))
    values = Values({(v.app, v.name): f"s3cr3t-{v.name}" for v in numbered if isinstance(v, kinds.ConfigVar)})
    return Inventory(records=numbered, values=values)


def many(test: Callable[..., None]) -> Callable[..., None]:
    return settings(max_examples=60)(test)


@many
@given(RECORDS)
def test_each_record_is_in_exactly_one_list_and_the_file_is_valid(records: list[Record]) -> None:
    inventory = inventory_of(records)
    converted = convert(inventory)
    read = Counter(record.origin for record in inventory.records if not isinstance(record, DynoSize))
    lists = converted.report.lists().values()
    assert Counter(origin for entries in lists for entry in entries for origin in entry.origins) == read
    assert "s3cr3t-" not in converted.platform_text + render_markdown(converted.report)
    with tempfile.TemporaryDirectory() as folder:
        for path in converted.folders:
            (Path(folder) / path).mkdir(parents=True, exist_ok=True)
        file = Path(folder) / "homeport.yml"
        file.write_text(converted.platform_text, encoding="utf-8")
        load_platform(file)


@many
@given(RECORDS, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_files(records: list[Record], randomly: random.Random) -> None:
    inventory = inventory_of(records)
    shuffled = list(inventory.records)
    randomly.shuffle(shuffled)
    first, second = convert(inventory), convert(replace(inventory, records=tuple(shuffled)))
    assert first.platform_text == second.platform_text
    assert render_usage(first.usage) == render_usage(second.usage)
    assert render_markdown(first.report) == render_markdown(second.report)


@many
@given(RECORDS)
def test_the_usage_can_be_read_again(records: list[Record]) -> None:
    import yaml

    usage = convert(inventory_of(records)).usage
    assert Usage.model_validate(yaml.safe_load(render_usage(usage))) == usage
