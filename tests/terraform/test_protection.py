"""What holds data is named before it is destroyed, and leaves a snapshot."""

import json
from datetime import UTC, datetime

import pytest

from homeport.errors import HomeportError
from homeport.model.platform import Platform
from homeport.terraform.protection import check_confirmed, check_known, data_holders, render_unprotected
from homeport.terraform.roots import find_place


def test_databases_buckets_and_users_hold_data(shop: Platform) -> None:
    assert data_holders(find_place(shop, "prod")) == {
        "main": "database_main",
        "pictures": "bucket_pictures",
        "papers": "bucket_papers",
        "users": "users",
    }


def test_each_one_has_to_be_named(shop: Platform) -> None:
    place = find_place(shop, "prod")
    everything = set(data_holders(place).values())
    with pytest.raises(HomeportError, match="prod: papers, users would be destroyed with all data in it") as caught:
        check_confirmed(place, everything, {"main", "pictures"})
    assert caught.value.hint.endswith("--confirm papers --confirm users")
    check_confirmed(place, everything, set(data_holders(place)))


def test_a_database_that_is_no_longer_declared_has_to_be_named_too(shop: Platform) -> None:
    with pytest.raises(HomeportError, match="database_old would be destroyed"):
        check_confirmed(find_place(shop, "prod"), {"database_old"}, set())
    check_confirmed(find_place(shop, "prod"), {"database_old"}, {"database_old"})


def test_websites_and_unprotected_environments_need_no_naming(shop: Platform) -> None:
    check_confirmed(find_place(shop, "prod"), {"bucket_www"}, set())
    check_confirmed(find_place(shop, "stage"), {"database_main"}, set())
    check_confirmed(find_place(shop, "local"), {"database_main"}, set())


def test_a_misspelt_name_is_not_taken_for_a_confirmation(shop: Platform) -> None:
    with pytest.raises(HomeportError, match="--confirm mian: holds no data in prod"):
        check_known(find_place(shop, "prod"), {"mian"})


def test_the_override_takes_protection_off_and_names_each_snapshot_anew(shop: Platform) -> None:
    now = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
    files = render_unprotected(find_place(shop, "prod"), now)
    document = json.loads(files["prod/foundation/unprotected_override.tf.json"])
    assert document["module"] == {
        "cluster": {"protected": False},
        "database_main": {"deletion": {"protected": False, "final_snapshot": "shop-prod-main-final-20260131120005"}},
        "bucket_pictures": {"protected": False},
        "bucket_papers": {"protected": False},
        "users": {"protected": False},
    }
