"""ElastiCache parameter groups. Upstream has none of their actions."""

import re
from typing import Any

from homeport.local.control.fixes.add import add

DEFAULT = re.compile(r"default\.((?:redis|valkey|memcached)[\d.]+)(?:\.cluster\.on)?$")


def apply() -> None:
    from moto.elasticache.models import ElastiCacheBackend
    from moto.elasticache.responses import ElastiCacheResponse

    stock = ElastiCacheBackend.__init__

    def init(backend: Any, *args: Any, **kwargs: Any) -> None:
        stock(backend, *args, **kwargs)
        backend.arn_regex = re.compile(backend.arn_regex.pattern.replace("subnetgroup|", "subnetgroup|parametergroup|"))
        backend.cache_parameter_groups = {}

    ElastiCacheBackend.__init__ = init
    _groups(ElastiCacheResponse)
    _parameters(ElastiCacheResponse)


def _groups(responses: type) -> None:
    from moto.core.responses import ActionResult, EmptyResult, PaginatedResult

    @add(responses)
    def create_cache_parameter_group(response: Any) -> Any:
        backend, name = response.elasticache_backend, response._get_param("CacheParameterGroupName")
        if name in backend.cache_parameter_groups:
            raise _error("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
        group = _new(
            backend, name, response._get_param("CacheParameterGroupFamily"), response._get_param("Description")
        )
        backend.cache_parameter_groups[name] = group
        backend.tagging_service.tag_resource(group["ARN"], response._get_param("Tags") or [])
        return ActionResult({"CacheParameterGroup": group})

    @add(responses)
    def describe_cache_parameter_groups(response: Any) -> Any:
        backend, name = response.elasticache_backend, response._get_param("CacheParameterGroupName")
        groups = [_find(backend, name)] if name else list(backend.cache_parameter_groups.values())
        return PaginatedResult({"CacheParameterGroups": groups})

    @add(responses)
    def delete_cache_parameter_group(response: Any) -> Any:
        backend, name = response.elasticache_backend, response._get_param("CacheParameterGroupName")
        group = _find(backend, name)
        if any(user.cache_parameter_group_name == name for user in backend.replication_groups.values()):
            raise _error("InvalidCacheParameterGroupState", f"Cache parameter group {name} is in use.")
        backend.cache_parameter_groups.pop(name, None)
        backend.tagging_service.delete_all_tags_for_resource(group["ARN"])
        return EmptyResult()


def _parameters(responses: type) -> None:
    from moto.core.responses import ActionResult, PaginatedResult

    @add(responses)
    def describe_cache_parameters(response: Any) -> Any:
        """Parameters that somebody set: the engine's own defaults are not kept here."""
        group = _find(response.elasticache_backend, response._get_param("CacheParameterGroupName"))
        set_by_user = response._get_param("Source") in (None, "user")
        parameters = [
            {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
            for name, value in group["parameters"].items()
        ]
        return PaginatedResult({"Parameters": parameters if set_by_user else []})

    @add(responses)
    def modify_cache_parameter_group(response: Any) -> Any:
        group = _find(response.elasticache_backend, response._get_param("CacheParameterGroupName"))
        given = response._get_param("ParameterNameValues") or []
        group["parameters"].update({item["ParameterName"]: item["ParameterValue"] for item in given})
        return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})

    @add(responses)
    def reset_cache_parameter_group(response: Any) -> Any:
        group = _find(response.elasticache_backend, response._get_param("CacheParameterGroupName"))
        if response._get_param("ResetAllParameters"):
            group["parameters"].clear()
        for item in response._get_param("ParameterNameValues") or []:
            group["parameters"].pop(item["ParameterName"], None)
        return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


def _find(backend: Any, name: str) -> dict[str, Any]:
    if group := backend.cache_parameter_groups.get(name):
        found: dict[str, Any] = group
        return found
    if family := DEFAULT.match(name):
        return _new(backend, name, family[1], f"Default parameter group for {family[1]}")
    raise _error("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")


def _new(backend: Any, name: str, family: str, description: str) -> dict[str, Any]:
    place = f"{backend.partition}:elasticache:{backend.region_name}:{backend.account_id}"
    return {
        "ARN": f"arn:{place}:parametergroup:{name}",
        "CacheParameterGroupFamily": family,
        "CacheParameterGroupName": name,
        "Description": description,
        "IsGlobal": False,
        "parameters": {},
    }


def _error(code: str, message: str) -> Exception:
    from moto.elasticache.exceptions import ElastiCacheException

    error: Exception = ElastiCacheException(code, message)
    return error
