"""A plan in full, without secrets."""

from typing import Any

from homeport.terraform.differences import Attribute, read_differences, summarise


def resource(address: str, *actions: str, **change: Any) -> dict[str, Any]:
    type_ = address.split(".")[-2]
    return {"address": address, "type": type_, "mode": "managed", "change": {"actions": list(actions), **change}}


def test_each_action_is_counted_and_reads_and_no_ops_are_left_out() -> None:
    shown = {
        "resource_changes": [
            resource("module.network.aws_vpc.this", "create"),
            resource("module.network.aws_eip.nat", "delete", "create"),
            resource("module.a.aws_eip.b", "create", "delete"),
            resource("module.a.aws_eip.c", "delete"),
            resource("module.a.aws_eip.d", "no-op"),
            resource("module.a.aws_eip.e", "read"),
            {**resource("data.aws_eip.f", "read"), "mode": "data"},
        ]
    }
    differences = read_differences(shown)
    assert summarise(differences) == "1 to create, 2 to replace, 1 to destroy"
    assert [difference.module for difference in differences] == ["network", "network", "a", "a"]
    assert summarise([]) == "no changes"


def test_an_update_says_what_changes_from_what_to_what() -> None:
    change = resource(
        "module.database_main.aws_db_instance.this",
        "update",
        before={"size": "small", "arn": "a", "password": "old", "list": [1], "name": "n", "gone": None},
        after={"size": "large", "arn": "a", "password": "new", "list": [2], "name": "m", "gone": None},
        after_unknown={"endpoint": True, "tags": {}},
        before_sensitive={"password": True, "list": [False]},
        after_sensitive={"password": True, "list": [{"deep": True}]},
        replace_paths=[["name"]],
    )
    (difference,) = read_differences({"resource_changes": [change]})
    assert difference.attributes == (
        Attribute("endpoint", "none", "(known after apply)", False),
        Attribute("list", "[1]", "(sensitive)", False),
        Attribute("name", "n", "m", True),
        Attribute("password", "(sensitive)", "(sensitive)", False),
        Attribute("size", "small", "large", False),
    )


def test_destroying_or_replacing_what_holds_data_is_noticed() -> None:
    found = read_differences(
        {
            "resource_changes": [
                resource("module.database_main.aws_db_instance.this", "delete", "create"),
                resource("module.bucket_x.aws_s3_bucket.this", "delete"),
                resource("module.users.aws_cognito_user_pool.this", "update", before={}, after={}),
                resource("module.topic_x.aws_sns_topic.this", "delete"),
            ]
        }
    )
    assert [difference.destroys_data for difference in found] == [True, True, False, False]


def test_a_resource_of_the_root_has_no_module() -> None:
    (difference,) = read_differences({"resource_changes": [resource("aws_s3_object.site_www", "create")]})
    assert difference.module == ""
