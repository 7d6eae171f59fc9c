"""An import on top of those before it, over real HTTP: what is refused, not asked for or gone."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from homeport.cli.import_files import read_memory, write
from homeport.cli.import_plan import Plan, Wanted, convert_again, plan_import
from homeport.errors import HomeportError
from homeport.heroku import records
from homeport.heroku.api.selection import Selection
from homeport.heroku.convert import convert
from homeport.heroku.convert.usage import render_usage
from homeport.heroku.memory import Scope
from homeport.heroku.records import Inventory
from homeport.model.load import load_platform
from tests.heroku.api.reading import read_briefly, read_served
from tests.heroku.server.answers import Faults
from tests.heroku.server.parts import TEAM_NAME, identity
from tests.heroku.server.team import TEAM

# a path, or several that are refused together
LISTS = [
    ("/addons",),
    ("/addon-attachments",),
    ("/addons", "/addon-attachments"),
    ("/pipeline-couplings",),
    ("/pipelines",),
    ("/formation",),
    ("/config-vars-settings", "/config-vars"),
    ("/releases",),
    ("/dyno-sizes", "/regions", "/invoices", "/domains", "/buildpack-installations", "/collaborators", "/features")
    + ("/webhooks", "/log-drains", "/dynos", "/monitors", "/router-metrics/latency", "/review-app-config"),
    ("/router-metrics/status", "/sni-endpoints", "/github", "/transfer-schedules", "/credentials"),
]
TEAM_SCOPE = Scope(live=True, team=TEAM_NAME)


def read(faults: Faults | None = None) -> Inventory:
    return asyncio.run(read_briefly(TEAM, faults))


@pytest.fixture(scope="module")
def whole() -> Inventory:
    return read()


class Platform:
    """A folder with homeport.yml, and imports into it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder / "team", folder / "team" / "homeport.yml"
        self.secrets = folder / "config" / "config.json"

    def plan(
        self, found: Inventory, scope: Scope = TEAM_SCOPE, *, prune: bool = False, name: str | None = None
    ) -> Plan:
        return plan_import(self.file, self.secrets, Wanted(found, scope, name=name), prune=prune)

    def imports(self, found: Inventory, scope: Scope = TEAM_SCOPE, *, prune: bool = False) -> Plan:
        plan = self.plan(found, scope, prune=prune)
        write(plan.prepared)
        return plan


@pytest.fixture(scope="module")
def imported(whole: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The whole team; tests copy it before they write."""
    platform = Platform(tmp_path_factory.mktemp("imported"))
    platform.folder.mkdir()
    platform.imports(whole)
    return platform


@pytest.fixture
def platform(imported: Platform, tmp_path: Path) -> Platform:
    shutil.copytree(imported.folder.parent, tmp_path, dirs_exist_ok=True)
    return Platform(tmp_path)


@pytest.mark.parametrize("status", [403, 503])
@pytest.mark.parametrize("paths", LISTS, ids=lambda paths: paths[0])
def test_lists_that_are_refused_change_nothing(imported: Platform, paths: tuple[str, ...], status: int) -> None:
    found = read(Faults(forbidden_paths=paths) if status == 403 else Faults(broken_paths=paths))
    carried, converted = convert_again(imported.file, Wanted(found, TEAM_SCOPE))
    assert converted.platform_text == imported.file.read_text()
    assert render_usage(converted.usage) == (imported.folder / "homeport.usage.yml").read_text()
    assert carried.unread and not carried.gone


def test_an_app_that_is_refused_changes_nothing(imported: Platform) -> None:
    found = read(Faults(forbidden_apps=(TEAM.apps[0].name,)))
    carried, converted = convert_again(imported.file, Wanted(found, TEAM_SCOPE))
    assert converted.platform_text == imported.file.read_text()
    assert carried.unread and not carried.gone


@pytest.mark.parametrize("status", [403, 503])
def test_slugs_and_databases_that_are_refused_change_nothing(imported: Platform, status: int) -> None:
    slugs = {identity("slug", app.name, str(app.release)) for app in TEAM.apps}
    paths = tuple(f"/{key}" for key in slugs | TEAM.addons_by_key.keys())
    found = read(Faults(forbidden_paths=paths) if status == 403 else Faults(broken_paths=paths))
    carried, converted = convert_again(imported.file, Wanted(found, TEAM_SCOPE))
    assert converted.platform_text == imported.file.read_text()
    assert any("details of database" in line for line in carried.unread)
    assert any("slug of" in line for line in carried.unread)


def test_without_formation_no_scale_is_written_and_it_is_a_doubt() -> None:
    found = read(Faults(broken_paths=("/formation",)))
    converted = convert(found)
    scales = [line for line in converted.platform_text.splitlines() if "scale:" in line]
    assert not [line for line in scales if "has no app here" not in line]
    assert "not running" not in converted.platform_text
    assert any("sizes and numbers of" in doubt.text for doubt in converted.report.doubts)


def test_without_add_ons_no_database_url_becomes_plain_config() -> None:
    found = read(Faults(forbidden_paths=("/addons", "/addon-attachments")))
    converted = convert(found)
    config = {name for _, _, name in converted.values.config}
    assert config and not [name for name in config if name.endswith(("DATABASE_URL", "REDIS_URL"))]
    assert any("add-ons of" in doubt.text for doubt in converted.report.doubts)


def test_one_app_of_the_team_leaves_the_others_as_they_are(platform: Platform) -> None:
    app = TEAM.apps[0].name
    found, _ = asyncio.run(read_served(selection=Selection(apps=(app,))))
    before = platform.file.read_text()
    plan = platform.imports(found, Scope(live=True, apps=frozenset({app})))
    assert platform.file.read_text() == before and not plan.held
    assert any(line.startswith("not asked for this time") for line in plan.report.remembered)


def test_a_checkout_beside_the_team_leaves_the_team_as_it_is(platform: Platform) -> None:
    before = load_platform_text(platform.file)
    checkout = Inventory(
        records=(
            records.App(origin="extra", app="extra", folder="extra"),
            records.Process(origin="extra/Procfile:1", app="extra", type="web", command="gunicorn extra.wsgi"),
        )
    )
    platform.imports(checkout, Scope(checkouts=frozenset({"extra"})))
    after = load_platform_text(platform.file)
    assert set(after["services"]) == {*before["services"], "extra"}
    assert after["name"] == before["name"] and after["databases"] == before["databases"]
    assert all(after["services"][name] == part for name, part in before["services"].items())


def test_what_is_gone_stays_until_it_is_pruned(platform: Platform, whole: Inventory) -> None:
    services = read_memory(platform.file).given.services
    service = services[TEAM.apps[0].name]
    apps = {app.app for app in whole.of(records.App) if services[app.app] == service}
    found = replace(whole, records=tuple(one for one in whole.records if one.app not in apps))
    before = platform.file.read_text()
    plan = platform.imports(found)
    assert platform.file.read_text() == before
    assert set(plan.held) >= {f"app {app}" for app in apps}
    platform.imports(found, prune=True)
    assert service not in load_platform_text(platform.file)["services"]


def test_a_service_that_runs_nothing_any_more_is_held_too(platform: Platform, whole: Inventory) -> None:
    services = read_memory(platform.file).given.services
    service = services[TEAM.apps[0].name]
    apps = {name for name, given in services.items() if given == service}
    gone = tuple(one for one in whole.records if not (isinstance(one, records.Process) and one.app in apps))
    for _ in range(2):  # what is held once is held again
        plan = platform.imports(replace(whole, records=gone))
        assert f"services.{service}" in plan.held
        assert service in load_platform_text(platform.file)["services"]
    platform.imports(replace(whole, records=gone), prune=True)
    assert service not in load_platform_text(platform.file)["services"]


def test_databases_keep_their_names_whatever_is_detached(platform: Platform, whole: Inventory) -> None:
    names = set(load_platform_text(platform.file)["databases"])
    for attachment in whole.of(records.Attachment):
        found = replace(whole, records=tuple(one for one in whole.records if one is not attachment))
        _, converted = convert_again(platform.file, Wanted(found, TEAM_SCOPE), prune=True)
        assert names == set(YAML().load(converted.platform_text)["databases"]), attachment.origin


def test_a_database_that_takes_the_place_of_another_takes_its_name(platform: Platform, whole: Inventory) -> None:
    old = next(one for one in whole.of(records.AddOn) if one.service == "heroku-postgresql")
    new = replace(old, name="postgresql-new-1", origin="api: addons/postgresql-new-1", id="new", plan="premium-2")
    changed = tuple(
        new
        if one is old
        else replace(one, addon=new.name)
        if isinstance(one, records.Attachment) and one.addon == old.name
        else one
        for one in whole.records
        if not (isinstance(one, records.DatabaseFacts) and one.addon == old.name)
    )
    plan = platform.imports(replace(whole, records=changed))
    assert plan.converted.given.data["new"] == plan.converted.given.data[old.id]
    assert not plan.held


def test_an_app_that_was_renamed_is_the_same_service(platform: Platform, whole: Inventory) -> None:
    old = TEAM.apps[0].name
    renamed = tuple(
        replace(one, app="renamed", origin=one.origin.replace(f"apps/{old}", "apps/renamed")) if one.app == old else one
        for one in whole.records
    )
    plan = platform.plan(replace(whole, records=renamed))
    assert plan.converted.given.services["renamed"] == plan.converted.given.services[old]
    assert not plan.held


def test_the_name_of_a_platform_is_never_changed(platform: Platform, whole: Inventory) -> None:
    team = {one.app: one for one in whole.of(records.App)}
    other = tuple(replace(one, team="other") if one in team.values() else one for one in whole.records)
    plan = platform.plan(Inventory(records=other), Scope(live=True))
    assert plan.prepared.texts[platform.file].count("name: magicbook\n") == 1
    with pytest.raises(HomeportError, match="an import does not change it"):
        platform.plan(whole, name="other")


def test_a_merge_that_would_not_be_valid_writes_nothing(platform: Platform, whole: Inventory) -> None:
    text = platform.file.read_text()
    platform.file.write_text(text.replace("health: /healthz", "health: 7 8", 1))
    before = {path: path.read_bytes() for path in files(platform.folder)}
    with pytest.raises(HomeportError, match=r"nothing was written.*\n.*health"):
        platform.imports(whole)
    assert {path: path.read_bytes() for path in files(platform.folder)} == before


def test_a_memory_that_was_damaged_is_told(platform: Platform, whole: Inventory) -> None:
    (platform.folder / ".homeport/import/heroku.json").write_text('{"records": [{"kind": "os"}]}')
    with pytest.raises(HomeportError, match=r"heroku\.json: was not written by"):
        platform.plan(whole)


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def load_platform_text(file: Path) -> dict[str, dict[str, object]]:
    dumped: dict[str, dict[str, object]] = load_platform(file).model_dump(mode="json")
    return dumped
