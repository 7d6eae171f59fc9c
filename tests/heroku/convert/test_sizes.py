"""Heroku's sizes and plans, and what takes their place."""

import pytest

from homeport.heroku.convert.sizes import (
    CACHE_NODES,
    CACHE_PLANS_MB,
    DYNOS,
    cache_node,
    database_class,
    fargate_size,
    is_standby,
    storage_gb,
    workers,
)
from homeport.heroku.records import DynoSize
from homeport.model.fargate import find_size_problem


@pytest.mark.parametrize("size", [*DYNOS, "dyno-16c-128gb", "dyno-32c-64gb", "unknown"])
def test_every_dyno_has_a_size_that_fargate_offers(size: str) -> None:
    cpu, memory, _ = fargate_size(size)
    assert find_size_problem(cpu, memory) == ("", "")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("Standard-1X", (256, 512)),
        ("Standard-2X", (512, 1024)),
        ("Performance-M", (2048, 4096)),
        ("Private-M", (2048, 4096)),
        ("dyno-4c-8gb", (4096, 8192)),
        ("dyno-1c-8gb", (1024, 8192)),
        ("dyno-2c-1gb", (512, 1024)),
    ],
)
def test_known_dynos_get_their_memory_and_cores(size: str, expected: tuple[int, int]) -> None:
    assert fargate_size(size)[:2] == expected


def test_an_unknown_size_is_looked_up_in_the_teams_catalogue() -> None:
    catalogue = [DynoSize(origin="x", name="Future-3X", memory_gb=6, compute=3)]
    assert fargate_size("future-3x", catalogue) == (4096, 8192, "")
    assert "is not known" in fargate_size("Future-4X", catalogue)[2]


def test_what_fargate_cannot_give_is_told() -> None:
    assert "less than the dyno's" in fargate_size("Performance-2XL")[2]
    assert "nothing as large" in fargate_size("dyno-32c-64gb")[2]


@pytest.mark.parametrize(("size", "expected"), [("Standard-1X", 2), ("Performance-M", 5), ("Performance-L", 17)])
def test_workers_are_those_of_herokus_buildpack(size: str, expected: int) -> None:
    assert workers(size) == expected


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("essential-2", "db.t4g.micro"),
        ("standard-0", "db.t4g.medium"),
        ("premium-2", "db.m7g.large"),
        ("shield-4", "db.r6g.xlarge"),
        ("private-l-6", "db.r6g.4xlarge"),
    ],
)
def test_plans_of_postgres_become_instances(plan: str, expected: str) -> None:
    assert database_class(plan) == (expected, "")


def test_a_plan_that_is_not_known_gets_the_smallest_and_is_told() -> None:
    assert database_class("advanced-9") == (
        "db.t4g.micro",
        "the plan 'advanced-9' is not known; the smallest instance is assumed",
    )


@pytest.mark.parametrize(
    ("size", "plan", "expected"),
    [(42_300_000_000, None, 70), (1, None, 20), (None, 256_000_000_000, 260), (None, None, 20), (10**15, None, 65_536)],
)
def test_disks_have_room_to_grow(size: int | None, plan: int | None, expected: int) -> None:
    assert storage_gb(size, plan) == expected


@pytest.mark.parametrize("plan", CACHE_PLANS_MB)
def test_every_plan_of_a_cache_gets_a_node_that_holds_it(plan: str) -> None:
    node, told = cache_node(f"premium-{plan}")
    assert not told
    assert dict(CACHE_NODES)[node] * 1000 >= CACHE_PLANS_MB[plan]


def test_the_measured_memory_of_a_cache_counts_more_than_its_plan() -> None:
    assert cache_node("premium-0", 9_000_000_000)[0] == "cache.m7g.xlarge"


def test_standbys_are_of_the_plans_that_have_one() -> None:
    assert [is_standby(plan) for plan in ("premium-0", "standard-0", "mini", "shield-7")] == [True, False, False, True]
