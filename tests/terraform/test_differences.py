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


def test_an_output_that_changes_is_told_part_by_part() -> None:
    before = {"shelf": {"port": 6379, "url": "rediss://a", "id": "sg-1"}}
    after = {"shelf": {"port": 27906, "id": "sg-1"}}
    unknown = {"shelf": {"url": True}}
    shown = {
        "resource_changes": [resource("module.network.aws_vpc.this", "create")],
        "output_changes": {
            "caches": {"actions": ["update"], "before": before, "after": after, "after_unknown": unknown},
            "users": {"actions": ["no-op"], "before": 1, "after": 1},
            "mail": {"actions": ["create"], "before": None, "after": "x"},
            "key": {"actions": ["update"], "before": "a", "after": "b", "after_sensitive": True},
        },
    }
    differences = read_differences(shown)
    assert summarise(differences) == "1 to create, 3 outputs to change"
    assert [(one.address, one.action, one.is_output, one.module) for one in differences] == [
        ("module.network.aws_vpc.this", "create", False, "network"),
        ("output.caches", "update", True, ""),
        ("output.mail", "create", True, ""),
        ("output.key", "update", True, ""),
    ]
    assert differences[1].attributes == (
        Attribute("shelf.port", "6379", "27906", False),
        Attribute("shelf.url", "rediss://a", "(known after apply)", False),
    )
    assert differences[3].attributes == (Attribute("value", "(sensitive)", "(sensitive)", False),)
    assert summarise(differences[1:2]) == "1 output to change"
