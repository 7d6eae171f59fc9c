"""The platform in one of its environments."""

import pytest

from homeport.errors import HomeportError
from homeport.model import names
from homeport.model.platform import Platform, lay_over

PLATFORM = Platform.model_validate(
    {
        "name": "shop",
        "services": {"web-shop": {"path": "x", "processes": {"web": {"command": "run", "cpu": 256}, "worker": {}}}},
        "databases": {"main": {"extensions": ["citext"]}},
        "environments": {
            "prod": {
                "account": "210000000001",
                "region": "us-east-1",
                "availability": "high",
                "services": {"web-shop": {"processes": {"web": {"cpu": "512", "scale": {"min": 2, "max": 4}}}}},
                "databases": {"main": {"extensions": [], "size": None}},
            },
            "wrong": {"account": "210000000002", "databases": {"main": {"storage_gb": "little"}}},
        },
    }
)


def test_overrides_are_laid_over_deeply_and_the_rest_stays() -> None:
    prod = PLATFORM.in_environment("prod")
    web = prod.services["web-shop"].processes["web"]
    assert (web.command, web.cpu, web.memory_mb, web.scale.min) == ("run", 512, 512, 2)
    assert prod.services["web-shop"].processes["worker"].cpu == 256
    assert prod.databases["main"].extensions == () and prod.databases["main"].size == "db.t4g.micro"
    assert prod.region == "us-east-1"
    assert PLATFORM.services["web-shop"].processes["web"].cpu == 256


def test_the_environment_is_complete_and_alone() -> None:
    prod = PLATFORM.in_environment("prod")
    assert list(prod.environments) == ["prod"]
    assert prod.environments["prod"].model_dump() == {
        "account": "210000000001",
        "region": "us-east-1",
        "availability": "high",
        "protect": True,
        "zones": (),
        **{kind: {} for kind in ("api", "services", "functions", "databases", "caches", "buckets")},
    }
    assert prod.in_environment("prod") == prod


def test_local_is_always_there_and_never_protected() -> None:
    local = PLATFORM.in_environment("local").environments["local"]
    assert (local.account, local.protect, local.region) == (names.LOCAL_ACCOUNT, False, "eu-west-1")


def test_an_unknown_environment_is_refused_with_a_suggestion() -> None:
    with pytest.raises(HomeportError, match=r"environment prd: is not declared \(did you mean 'prod'\?\)"):
        PLATFORM.in_environment("prd")


def test_a_wrong_override_of_a_platform_made_in_code_is_named() -> None:
    with pytest.raises(HomeportError, match=r"environments.wrong: databases.main.storage_gb: 'little' is not a whole"):
        PLATFORM.in_environment("wrong")


def test_lists_and_values_replace_and_nothing_keeps() -> None:
    below = {"a": {"b": [1, 2], "c": 3}, "d": 4}
    assert lay_over(below, {"a": {"b": [5], "c": None}, "e": 6}) == {"a": {"b": [5], "c": 3}, "d": 4, "e": 6}
