"""Whatever platform the rules accept, no two things in its live tree have the same name in AWS."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from homeport.model.limits import named
from homeport.model.platform import Platform
from homeport.model.rules import find_problems
from homeport.terraform.apps import render_apps
from homeport.terraform.foundation import render_foundation
from homeport.terraform.roots import find_place

ENVIRONMENT = "prod"
# Few words, so that they meet often: those that names end in, and some that mean nothing.
words = st.sampled_from(["a", "b", "dead", "web", "site", "link", "cache", "database", "balancer", "load"])
name = st.lists(words, min_size=1, max_size=3).map("-".join).filter(lambda text: len(text) <= 24)


@st.composite
def platforms(draw: st.DrawFn) -> Platform:
    """A platform with up to nine parts, each name given once, and every service and function listening."""
    kinds = ("services", "functions", "sites", "databases", "caches", "topics", "buckets")
    given_out = draw(st.dictionaries(name, st.sampled_from(kinds), max_size=9))
    of = {kind: [one for one, its in given_out.items() if its == kind] for kind in kinds}
    topics, data = _some(of["topics"]), _some([*of["databases"], *of["caches"]])
    processes = st.dictionaries(name, st.just({"command": "x"}), min_size=1, max_size=2)
    document: dict[str, Any] = {kind: {one: {} for one in of[kind]} for kind in kinds}
    for one in of["services"]:
        document["services"][one] = {
            "path": "x",
            "processes": draw(processes) | {"web": {"command": "x"}},
            "on": draw(topics),
            "release": "x",
            "routes": [f"ANY /{one}"],
        }
    for one in of["functions"]:
        document["functions"][one] = {"path": "x", "on": draw(topics), "uses": draw(data), "schedule": "rate(1 hour)"}
    document["sites"] = {one: {"path": "x"} for one in of["sites"]}
    document["buckets"] = {one: {"public_read": draw(st.booleans())} for one in of["buckets"]}
    return Platform.model_validate(
        {"name": "p", "environments": {ENVIRONMENT: {"account": "210000000001"}}, **document}
    )


def _some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True) if values else st.just([])


@given(platforms())
def test_what_the_rules_accept_names_nothing_twice(platform: Platform) -> None:
    rendered = list(names_in_live_tree(platform))
    ruled = {(item.what, item.name) for item in named(platform.in_environment(ENVIRONMENT), ENVIRONMENT)}
    assert set(rendered) <= ruled, "the rules do not know of every name"
    shared = [problem for problem in find_problems(platform) if "the same name" in problem.text]
    assert bool(shared) == (len(set(rendered)) < len(rendered))


def names_in_live_tree(platform: Platform) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that the modules name by their arguments, in the order in which it is declared."""
    place = find_place(platform, ENVIRONMENT)
    for block in [*render_foundation(place), *render_apps(place)]:
        if block.kind == "module":
            module = block.first["source"].rpartition("/")[2]
            yield from NAMES.get(module, lambda arguments: iter(()))(block.attributes)


def _service(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "security group", arguments["name"]
    yield "log group", arguments["logs"]["group"]
    yield "parameter", f"{arguments['secrets']['path']}/SECRET_KEY"
    for role in arguments["roles"].values():
        yield "role", role
    for process in arguments["processes"].values():
        yield "task family", process["family"]
        if "service" in process:
            yield "ECS service", process["service"]


def _function(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Lambda function", arguments["name"]
    if "network" in arguments:
        yield "security group", arguments["name"]
    yield "log group", arguments["logs"]["group"]
    yield "schedule", arguments["schedule"]["name"]
    for role in arguments["roles"].values():
        yield "role", role


def _topic(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "topic", arguments["name"]
    for listener in arguments.get("listeners", {}).values():
        yield "queue", listener["queue"]
        yield "queue", listener["dead_letter_queue"]


def _database(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "RDS instance", arguments["name"]
    yield "security group", f"{arguments['name']}-database"
    for key in ("URL", "PASSWORD"):
        yield "parameter", f"{arguments['parameter_path']}/{key}"


def _cache(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "ElastiCache group", arguments["name"]
    yield "security group", f"{arguments['name']}-cache"


def _gateway(arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for group in ("link", "load-balancer"):
        yield "security group", f"{arguments['name']}-{group}"
    yield "load balancer", arguments["load_balancers"]["1"]


NAMES = {
    "service": _service,
    "function": _function,
    "topic": _topic,
    "database": _database,
    "cache": _cache,
    "gateway": _gateway,
    "bucket": lambda arguments: iter([("bucket", arguments["name"])]),
    "cdn": lambda arguments: iter([("distribution", arguments["name"])]),
    "routes": lambda arguments: iter([("target group", arguments["name"])]),
    "cluster": lambda arguments: iter([("repository", one) for one in arguments.get("repositories", {}).values()]),
}
