"""app.json: Heroku's schema, its deviations in real files, and the files of others by that name."""

import json
from typing import Any

import pytest

from homeport.heroku.files.app_json import parse_app_json
from homeport.heroku.files.findings import Place
from homeport.heroku.records import (
    AddOn,
    App,
    Attachment,
    BuildHook,
    Buildpack,
    ConfigVar,
    Inventory,
    Job,
    Other,
    Process,
)

PLACE = Place("shop/app.json", "shop")


def read(value: Any) -> Inventory:
    return parse_app_json(value if isinstance(value, str) else json.dumps(value, indent=1), PLACE)


def said(found: Inventory) -> str:
    return "\n".join(f"{doubt.place}: {doubt.text}" for doubt in found.doubts)


def test_a_whole_file_becomes_records_without_a_doubt() -> None:
    found = read(
        {
            "name": "Shop",
            "stack": "heroku-24",
            "env": {"DEBUG": "False", "SECRET_KEY": {"generator": "secret"}, "A": {"required": False}},
            "formation": {"web": {"quantity": 2, "size": "standard-1x"}},
            "addons": ["heroku-postgresql:essential-0", {"plan": "cloudamqp", "as": "rabbitmq"}],
            "buildpacks": [{"url": "heroku/python"}],
            "scripts": {"postdeploy": "./manage.py migrate"},
        }
    )
    assert not found.doubts
    assert [app.stack for app in found.of(App)] == ["heroku-24"]
    variables = {variable.name: variable for variable in found.of(ConfigVar)}
    assert variables["DEBUG"].default == "False"
    assert variables["SECRET_KEY"].is_generated
    assert not variables["A"].is_required
    assert [(p.type, p.quantity, p.size, p.command) for p in found.of(Process)] == [("web", 2, "standard-1x", "")]
    assert [(addon.service, addon.plan) for addon in found.of(AddOn)] == [
        ("heroku-postgresql", "essential-0"),
        ("cloudamqp", ""),
    ]
    assert [(one.name, one.addon) for one in found.of(Attachment)] == [("RABBITMQ", "cloudamqp")]
    assert [(pack.ordinal, pack.name) for pack in found.of(Buildpack)] == [(1, "heroku/python")]
    assert [(hook.name, hook.command) for hook in found.of(BuildHook)] == [("postdeploy", "./manage.py migrate")]


def test_origins_name_the_line_and_are_unique_even_in_one_line() -> None:
    assert [r.origin for r in read('{\n"addons": [\n"scheduler:standard"]}').records] == ["shop/app.json:3: addons[0]"]
    one_line = read('{"addons": ["a", "b"], "env": {"X": "1", "Y": "2"}}')
    assert len({record.origin for record in one_line.records}) == 4


def test_a_secret_default_is_a_value_and_in_no_record_or_doubt() -> None:
    found = read(
        {"env": {"ADMIN_PASSWORD": "supersecretpassword", "X": "kJ8s9dfhKJHkjh23"}, "oops": "kJ8s9dfhKJHkjh23"}
    )
    assert found.values["shop", "ADMIN_PASSWORD"] == "supersecretpassword"
    assert found.values["shop", "X"] == "kJ8s9dfhKJHkjh23"
    assert "supersecret" not in repr(found)
    assert "kJ8s" not in repr(found)


def test_two_databases_have_two_names() -> None:
    found = read({"addons": ["heroku-postgresql", {"plan": "heroku-postgresql", "as": "REPLICA"}]})
    assert [addon.name for addon in found.of(AddOn)] == ["heroku-postgresql", "heroku-postgresql-2"]
    assert [one.addon for one in found.of(Attachment)] == ["heroku-postgresql-2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"addons": ["scheduler",],}', "a comma stands after the last item"),
        ('{\n// why\n"addons": ["scheduler"]}', "shop/app.json:2: comments are no JSON"),
        ('{/* why */ "addons": ["scheduler"]}', "comments are no JSON"),
        ('{"addons": ["scheduler"]', "is not closed"),
        ('{"addons" ["scheduler"]}', "`:` is missing"),
        ("{'addons': ['scheduler']}", "single quotes"),
        ('{addons: ["scheduler"]}', "without quotes"),
        ('{"addons": ["scheduler"]} and more', "something follows"),
        ('{"addons": [], "addons": ["scheduler"]}', "written again"),
        ('{"addons": "scheduler"}', "taken as its only item"),
        ('{"addons": {"scheduler": {}}}', "its keys were taken as plans"),
    ],
)
def test_broken_json_is_used_as_far_as_it_goes(text: str, expected: str) -> None:
    found = read(text)
    assert [addon.service for addon in found.of(AddOn)] == ["scheduler"]
    assert expected in said(found)


def test_what_stands_before_an_unclosed_text_is_kept() -> None:
    found = read('{"addons": ["scheduler"],\n"env": {"A": "oops}}')
    assert [addon.service for addon in found.of(AddOn)] == ["scheduler"]
    assert "shop/app.json:2: a text is not closed" in said(found)


@pytest.mark.parametrize(
    ("plan", "service", "name", "options", "expected"),
    [
        ("heroku-postgresql:basic --version=15", "heroku-postgresql", "basic", {"version": "15"}, "flags"),
        ("heroku-postgresql:standard-0 --version 15", "heroku-postgresql", "standard-0", {"version": "15"}, "flags"),
        ("heroku-postgresql:hobby-dev", "heroku-postgresql", "hobby-dev", {}, "no longer sold"),
        ("rediscloud:30", "rediscloud", "30", {}, "no longer sold"),
        ("heroku-redis:mini", "heroku-redis", "mini", {}, ""),
        ("cloudamqp", "cloudamqp", "", {}, ""),
    ],
)
def test_plans_as_people_write_them(plan: str, service: str, name: str, options: dict[str, str], expected: str) -> None:
    found = read({"addons": [plan]})
    assert [(a.service, a.plan, dict(a.options)) for a in found.of(AddOn)] == [(service, name, options)]
    assert expected in said(found)
    assert bool(expected) == bool(found.doubts)


def test_options_that_may_be_secret_are_named_only() -> None:
    found = read({"addons": [{"plan": "mongo", "options": {"token": "abc123", "version": "15"}}]})
    assert [dict(addon.options) for addon in found.of(AddOn)] == [{"version": "15"}]
    assert "token" in said(found)
    assert "abc123" not in repr(found)


@pytest.mark.parametrize(
    ("formation", "expected"),
    [
        ([{"process": "web", "quantity": 1, "size": "Standard-1X"}], ("web", 1, "Standard-1X")),
        ({"web": {"quantity": "1", "size": "eco"}}, ("web", 1, "eco")),
        ({"web": {"quantity": -1}}, ("web", None, "")),
        ({"web": {"quantity": True}}, ("web", None, "")),
        ({"web": {"quantity": 1, "size": "hobby"}}, ("web", 1, "hobby")),
    ],
)
def test_odd_formations_are_read_and_doubted_and_nothing_is_invented(formation: Any, expected: tuple[Any, ...]) -> None:
    found = read({"formation": formation})
    assert [(p.type, p.quantity, p.size) for p in found.of(Process)] == [expected]
    assert len(found.doubts) == 1


def test_a_process_without_a_quantity_has_none() -> None:
    assert [process.quantity for process in read({"formation": {"web": {}}}).of(Process)] == [None]


def test_buildpacks_written_as_text_are_taken() -> None:
    found = read({"buildpacks": ["heroku/python", {"url": "https://example.com/nginx.tgz"}, {}]})
    assert [pack.name for pack in found.of(Buildpack)] == ["heroku/python", "https://example.com/nginx.tgz"]
    assert "buildpacks[0] is text" in said(found)
    assert "buildpacks[2] has no URL" in said(found)


def test_expos_file_gives_nothing_but_a_word_on_it() -> None:
    found = read({"expo": {"name": "app"}, "env": {"A": "1"}})
    assert not found.records
    assert "Expo's app.json" in said(found)


def test_dokkus_file_is_taken_as_far_as_it_goes() -> None:
    found = read(
        {
            "scripts": {"dokku": {"postdeploy": "migrate"}},
            "cron": [{"command": "clear", "schedule": "0 3 * * *"}],
            "healthchecks": {"web": [{"type": "startup"}]},
        }
    )
    assert [(hook.name, hook.command) for hook in found.of(BuildHook)] == [("dokku postdeploy", "migrate")]
    assert [(job.command, job.schedule) for job in found.of(Job)] == [("clear", "0 3 * * *")]
    assert [other.name for other in found.of(Other)] == ["web"]
    assert said(found).count("Dokku's") == 3


def test_a_stages_overlay_is_told_and_its_variables_have_the_stage() -> None:
    found = read({"environments": {"review": {"env": {"A": "1", "B_KEY": "s3cr3t"}, "addons": ["heroku-postgresql"]}}})
    assert [(v.stage, v.name, v.default) for v in found.of(ConfigVar)] == [
        ("review", "A", "1"),
        ("review", "B_KEY", None),
    ]
    assert [(other.name, other.detail) for other in found.of(Other)] == [("review", "heroku-postgresql")]
    assert not found.values
    assert "the value of B_KEY in review" in said(found)


def test_a_value_that_is_no_text_is_taken_as_text() -> None:
    found = read({"env": {"A": {"value": 8, "required": "false"}, "B": {"value": None}}})
    assert [(v.name, v.default, v.is_required) for v in found.of(ConfigVar)] == [("A", "8", False), ("B", None, True)]
    assert "a number as its value" in said(found)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", '"x"', "{}", '{"name": "x"}', "<html>", "[" * 10_000])
def test_a_file_that_is_nothing_says_so(text: str) -> None:
    found = read(text)
    assert not found.records
    assert found.doubts


def test_a_plan_without_its_add_on_is_left_out_with_a_doubt() -> None:
    found = read({"addons": ["hobby-dev", ""]})
    assert not found.records
    assert "addons[0] names a plan, but not the add-on" in said(found)
    assert "addons[1] names no add-on" in said(found)


def test_a_key_with_a_line_break_is_told_in_one_line() -> None:
    (doubt,) = parse_app_json('{"stack": "heroku-24", "n\\nv": 1}', PLACE).doubts
    assert doubt.text == "n v is no key of Heroku's app.json; it is left out"
