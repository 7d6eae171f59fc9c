from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def cognito(client: Callable[[str], Any]) -> Any:
    return client("cognito-idp")


@pytest.fixture
def pool(cognito: Any) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_user_pool(
        PoolName="pool",
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        UserPoolTags={"made": "with"},
    )["UserPool"]
    return made


def test_an_update_keeps_how_users_are_named(cognito: Any, pool: dict[str, Any]) -> None:
    cognito.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="ACTIVE")
    found = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
    assert found["DeletionProtection"] == "ACTIVE"
    assert found["UsernameAttributes"] == ["email"]
    assert found["UsernameConfiguration"] == {"CaseSensitive": False}


def test_tags_of_a_pool_come_and_go(cognito: Any, pool: dict[str, Any]) -> None:
    cognito.tag_resource(ResourceArn=pool["Arn"], Tags={"one": "1"})
    cognito.untag_resource(ResourceArn=pool["Arn"], TagKeys=["made"])
    assert cognito.list_tags_for_resource(ResourceArn=pool["Arn"])["Tags"] == {"one": "1"}
    assert cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]["UserPoolTags"] == {"one": "1"}


def test_a_resource_server_changes_and_goes(cognito: Any, pool: dict[str, Any]) -> None:
    named = {"UserPoolId": pool["Id"], "Identifier": "api"}
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
    cognito.create_resource_server(**named, Name="first", Scopes=scopes[:1])
    cognito.update_resource_server(**named, Name="second", Scopes=scopes)
    found = cognito.describe_resource_server(**named)["ResourceServer"]
    assert (found["Name"], found["Scopes"]) == ("second", scopes)
    cognito.delete_resource_server(**named)
    with pytest.raises(cognito.exceptions.ResourceNotFoundException):
        cognito.describe_resource_server(**named)
