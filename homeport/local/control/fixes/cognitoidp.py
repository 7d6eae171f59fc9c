"""Cognito: what a user pool was made with stays; resource servers change and go; tags.

Upstream's UpdateUserPool forgets UsernameAttributes and the like (Terraform would replace the pool, and its users), and
there is no UpdateResourceServer, DeleteResourceServer, TagResource and UntagResource.
"""

from typing import Any

from homeport.local.control.fixes.add import add
from homeport.local.control.seams.replace import replace

MADE_WITH = ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration", "UserPoolTier", "UserPoolTags")


def apply() -> None:
    _pools()
    _resource_servers()
    _tags()


def _pools() -> None:
    from moto.cognitoidp.models import CognitoIdpUserPool

    @replace(CognitoIdpUserPool, "update_extended_config")
    def update(original: Any, pool: Any, extended_config: dict[str, Any]) -> None:
        before = getattr(pool, "extended_config", {})
        original(pool, extended_config)
        pool.extended_config.pop("UserPoolId", None)
        for name in MADE_WITH:
            if name in before and name not in extended_config:
                pool.extended_config[name] = before[name]


def _resource_servers() -> None:
    from moto.cognitoidp.responses import CognitoIdpResponse
    from moto.core.responses import ActionResult, EmptyResult

    @add(CognitoIdpResponse)
    def update_resource_server(response: Any) -> Any:
        server = _resource_server(response)
        server.name = response._get_param("Name")
        server.scopes = response._get_param("Scopes") or []
        return ActionResult({"ResourceServer": server.to_json()})

    @add(CognitoIdpResponse)
    def delete_resource_server(response: Any) -> Any:
        server = _resource_server(response)
        pool = response.backend.describe_user_pool(response._get_param("UserPoolId"))
        del pool.resource_servers[server.identifier]
        return EmptyResult()


def _resource_server(response: Any) -> Any:
    return response.backend.describe_resource_server(
        response._get_param("UserPoolId"), response._get_param("Identifier")
    )


def _tags() -> None:
    from moto.cognitoidp.responses import CognitoIdpResponse
    from moto.core.responses import ActionResult, EmptyResult

    @add(CognitoIdpResponse)
    def tag_resource(response: Any) -> Any:
        pool = _tagged(response)
        pool.extended_config["UserPoolTags"] = _tags_of(pool) | response._get_param("Tags")
        return EmptyResult()

    @add(CognitoIdpResponse)
    def untag_resource(response: Any) -> Any:
        pool, gone = _tagged(response), response._get_param("TagKeys")
        pool.extended_config["UserPoolTags"] = {k: v for k, v in _tags_of(pool).items() if k not in gone}
        return EmptyResult()

    @add(CognitoIdpResponse)
    def list_tags_for_resource(response: Any) -> Any:
        return ActionResult({"Tags": _tags_of(_tagged(response))})


def _tagged(response: Any) -> Any:
    return response.backend.describe_user_pool(response._get_param("ResourceArn").rpartition("/")[2])


def _tags_of(pool: Any) -> dict[str, str]:
    return pool.extended_config.get("UserPoolTags") or {}
