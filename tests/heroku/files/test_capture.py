"""Folders of saved answers of the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.heroku.files.capture import is_capture, read_capture
from homeport.heroku.records import (
    AddOn,
    App,
    CacheFacts,
    Collaborator,
    ConfigVar,
    Coupling,
    DatabaseFacts,
    Domain,
    Drain,
    Feature,
    Inventory,
    Job,
    Pipeline,
    Process,
    Release,
)

PG_INFO = """\
=== DATABASE_URL
Plan:                  Standard 0
PG Version:            15.8
Connections:           12/200
Data Size:             4.5 GB / 64 GB (7.03%)
Tables:                31
"""
REDIS_INFO = """\
=== redis-round-1 (REDIS_URL)
Version:            7.2.5
Maxmemory:          allkeys-lru
"""
DATABASE = {
    "name": "postgresql-curved-1",
    "app": {"name": "shop"},
    "addon_service": {"name": "heroku-postgresql"},
    "plan": {"name": "heroku-postgresql:standard-0", "price": {"cents": 5000, "unit": "month"}},
    "billed_price": {"cents": 4500, "unit": "month"},
    "config_vars": ["DATABASE_URL"],
}
FILES: dict[str, Any] = {
    "apps.json": [
        {"name": "shop", "region": {"name": "eu"}, "stack": {"name": "heroku-24"}, "team": {"name": "acme"}},
        {"name": "shop-staging", "region": {"name": "eu"}},
    ],
    "app-shop.json": {"app": {"name": "shop", "region": {"name": "eu"}}, "collaborators": [{"email": "a@example.com"}]},
    "addons.json": [DATABASE],
    "ps-shop.json": [
        {"name": "web.1", "type": "web", "size": "Standard-1X", "command": "gunicorn"},
        {"name": "web.2", "type": "web", "size": "Standard-1X", "command": "gunicorn"},
        {"name": "scheduler.7", "type": "scheduler", "size": "Basic", "command": "./manage.py sync"},
        {"name": "run.1", "type": "run", "size": "Basic", "command": "bash"},
    ],
    "domains-shop.json": [{"hostname": "www.example.com", "kind": "custom", "acm_status": "cert issued"}],
    "config-shop.json": {"DEBUG": "False", "SECRET_KEY": "hunter2"},
    "config-keys-shop-staging.json": ["DEBUG"],
    "pipelines.json": [{"name": "shop"}],
    "pipeline-shop.json": {
        "pipeline": {"name": "shop"},
        "apps": [{"name": "shop", "coupling": {"stage": "production"}}],
    },
    "drains-shop.json": [{"url": "https://a:hunter2@logs.example.com", "addon": None}],
    "features-shop.json": [{"name": "preboot", "enabled": True}],
    "releases-shop.json": [{"version": 7, "description": "Set KEY hunter2"}, {"version": 8, "current": True}],
    "pg-shop.out": PG_INFO,
    "redis-shop.txt": REDIS_INFO,
}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def read(folder: Path, files: dict[str, Any]) -> Inventory:
    return read_capture(write(folder, files), "saved")


def test_answers_become_the_records_that_the_api_would_give(tmp_path: Path) -> None:
    found = read(tmp_path, FILES)
    assert is_capture(tmp_path)
    assert not found.doubts
    assert not found.unreadable
    assert sorted((app.app, app.region) for app in found.of(App)) == [("shop", "eu"), ("shop-staging", "eu")]
    assert [(a.name, a.service, a.plan, a.cents, a.app) for a in found.of(AddOn)] == [
        ("postgresql-curved-1", "heroku-postgresql", "standard-0", 4500, "shop")
    ]
    assert [(p.type, p.size, p.quantity, p.command) for p in found.of(Process)] == [
        ("web", "Standard-1X", 2, "gunicorn")
    ]
    assert [(job.command, job.is_inferred, job.schedule) for job in found.of(Job)] == [("./manage.py sync", True, "")]
    assert [(d.hostname, d.kind, d.acm_status) for d in found.of(Domain)] == [
        ("www.example.com", "custom", "cert issued")
    ]
    assert [(c.pipeline, c.app, c.stage) for c in found.of(Coupling)] == [("shop", "shop", "production")]
    assert [pipeline.name for pipeline in found.of(Pipeline)] == ["shop"]
    assert [drain.host for drain in found.of(Drain)] == ["logs.example.com"]
    assert [(f.name, f.is_enabled) for f in found.of(Feature)] == [("preboot", True)]
    assert [release.version for release in found.of(Release)] == [8]
    assert [person.email for person in found.of(Collaborator)] == ["a@example.com"]
    assert len({record.origin for record in found.records}) == len(found.records)


def test_texts_of_databases_become_facts_of_their_add_on(tmp_path: Path) -> None:
    found = read(tmp_path, FILES)
    facts = next(found.of(DatabaseFacts))
    assert (facts.addon, facts.version, facts.tables) == ("postgresql-curved-1", "15.8", 31)
    assert (facts.size_bytes, facts.plan_bytes) == (round(4.5 * 1024**3), 64 * 1024**3)
    assert (facts.connections, facts.connections_max) == (12, 200)
    assert facts.origin == "saved/pg-shop.out:1"
    cache = next(found.of(CacheFacts))
    assert (cache.addon, cache.version, cache.eviction) == ("redis-round-1", "7.2.5", "allkeys-lru")


def test_config_values_are_values_and_nowhere_else(tmp_path: Path) -> None:
    found = read(tmp_path, FILES)
    assert found.values == {("shop", "DEBUG"): "False", ("shop", "SECRET_KEY"): "hunter2"}
    assert "hunter2" not in repr(found)
    assert sorted((v.app, v.name, v.default) for v in found.of(ConfigVar)) == [
        ("shop", "DEBUG", None),
        ("shop", "SECRET_KEY", None),
        ("shop-staging", "DEBUG", None),
    ]


def test_a_folder_for_each_app_is_read_as_well(tmp_path: Path) -> None:
    found = read(tmp_path, {"shop/ps.json": FILES["ps-shop.json"], "shop/pg_info.txt": PG_INFO})
    assert is_capture(tmp_path)
    assert [(p.app, p.origin) for p in found.of(Process)] == [("shop", "saved/shop/ps.json: web")]
    assert [(app.app, app.origin) for app in found.of(App)] == [("shop", "saved: app shop")]


def test_an_error_instead_of_json_is_unreadable_without_its_secrets(tmp_path: Path) -> None:
    token = "HRKU-0a1b2c3d-aaaa-bbbb-cccc-0123456789ab"
    found = read(
        tmp_path,
        {
            "ps-a.json": " ▸    Couldn't find that app.\n ▸    Error ID: not_found",
            "ps-b.json": json.dumps({"id": "forbidden", "message": f"No access with {token}"}),
            "pg-c.out": " ▸    You do not have access to the app c.",
        },
    )
    assert [(lost.app, lost.what, lost.reason) for lost in found.unreadable] == [
        ("c", "saved/pg-c.out", "You do not have access to the app c."),
        ("a", "saved/ps-a.json", "Couldn't find that app."),
        ("b", "saved/ps-b.json", "No access with …"),
    ]
    assert not found.records


def test_the_manifest_says_what_has_failed(tmp_path: Path) -> None:
    captures = [
        {"command": "heroku ps -a shop --json", "file": "ps-shop.json", "status": "ok"},
        {"command": "heroku ps -a other --json", "file": "ps-other.json", "status": "failed", "note": "403"},
    ]
    found = read(tmp_path, {"ps-shop.json": FILES["ps-shop.json"], "manifest.json": {"captures": captures}})
    assert [(lost.what, lost.app, lost.reason) for lost in found.unreadable] == [
        ("saved/ps-other.json", "other", "403")
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ps-a.json", "", "is empty"),
        ("ps-a.json", '[{"name": "web.1"', "is not whole JSON"),
        ("ps-a.json", "{}", "is no list"),
        ("ps-a.json", "[1]", "no mapping"),
        ("ps.json", "[]", "names no app"),
        ("app-a.json", "[]", "is no answer of apps:info"),
        ("config-a.json", "3", "is no answer of config"),
        ("config-a.json", '{"": "x"}', "Heroku does not take"),
        ("addons.json", "[{}]", "without name or service"),
        ("pg-a.out", "hello", "is no answer of pg:info"),
        ("redis-a.out", "hello", "is no answer of redis:info"),
        ("manifest.json", "[]", "is not the manifest"),
        ("ps-a.json", "[" * 5_000, "is not whole JSON"),
    ],
)
def test_what_is_odd_is_doubted_with_its_file(tmp_path: Path, name: str, content: str, said: str) -> None:
    found = read(tmp_path, {name: content})
    assert [doubt.place.startswith(f"saved/{name}") and said in doubt.text for doubt in found.doubts] == [True]


@pytest.mark.parametrize("name", ["package.json", "config.json", "app.json", "src/config.json", "data/domains.json"])
def test_folders_of_other_json_are_no_captures(tmp_path: Path, name: str) -> None:
    assert not is_capture(write(tmp_path, {name: []}))
