"""ElastiCache: replication groups with their nodes, changes, an end to deletion; subnet groups that change and go.

Upstream makes one node whatever NumCacheClusters says, cannot describe a group's nodes, keeps few changes, and leaves
a deleted group "deleting" for ever. Parameter groups are in `elasticache_parameters`.
"""

import copy
from typing import Any

from botocore import xform_name

from homeport.local.control.fixes.add import add
from homeport.local.control.seams.replace import replace

MAINTENANCE_WINDOW = "sun:05:00-sun:09:00"
CHANGES = (  # of ModifyReplicationGroup, beyond those that upstream knows
    "AutoMinorVersionUpgrade",
    "CacheParameterGroupName",
    "EngineVersion",
    "IpDiscovery",
    "LogDeliveryConfigurations",
    "NotificationTopicArn",
    "PreferredMaintenanceWindow",
    "SecurityGroupIds",
    "SnapshotWindow",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
)


def apply() -> None:
    _replication_groups()
    _nodes()
    _replicas()
    _subnet_groups()


def _replication_groups() -> None:
    from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
    from moto.elasticache.responses import ElastiCacheResponse

    @replace(ReplicationGroup, "_set_node_members_clusters_disabled")
    def members(original: Any, group: Any, **given: Any) -> None:
        """Upstream overwrites NumCacheClusters, and every node is in us-east-1."""
        given["replicas_per_node_group"] = given["replicas_per_node_group"] or given["num_cache_clusters"] - 1
        original(group, **given)

    @replace(ElastiCacheResponse, "modify_replication_group")
    def modify(original: Any, response: Any) -> Any:
        result = original(response)
        group = result.result["ReplicationGroup"]
        for name in CHANGES:
            if (value := response._get_param(name)) is not None:
                setattr(group, xform_name(name), value)
        return result

    @replace(ElastiCacheBackend, "delete_replication_group")
    def delete(original: Any, backend: Any, replication_group_id: str, *args: Any, **kwargs: Any) -> Any:
        """The answer says "deleting"; then there is none."""
        group = original(backend, replication_group_id, *args, **kwargs)
        del backend.replication_groups[replication_group_id]
        backend.tagging_service.delete_all_tags_for_resource(group.arn)
        return group


def _nodes() -> None:
    from moto.elasticache.models import ElastiCacheBackend

    @replace(ElastiCacheBackend, "describe_cache_clusters")
    def describe(original: Any, backend: Any, cache_cluster_id: str | None = None) -> list[Any]:
        """Upstream knows no cluster that was made as part of a group."""
        groups = backend.replication_groups.values()
        nodes = {node: _node(backend, group, node) for group in groups for node in group.member_clusters}
        if cache_cluster_id in nodes:
            return [nodes[cache_cluster_id]]
        found: list[Any] = original(backend, cache_cluster_id)
        return found if cache_cluster_id else [*found, *nodes.values()]


def _node(backend: Any, group: Any, identifier: str) -> dict[str, Any]:
    """A CacheCluster, as https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html"""
    parameters = {"CacheParameterGroupName": group.cache_parameter_group_name, "ParameterApplyStatus": "in-sync"}
    return {
        "ARN": f"arn:{backend.partition}:elasticache:{backend.region_name}:{backend.account_id}:cluster:{identifier}",
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "AuthTokenEnabled": group.auth_token_enabled,
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade is not False,
        "CacheClusterCreateTime": group.replication_group_create_time,
        "CacheClusterId": identifier,
        "CacheClusterStatus": "available",
        "CacheNodeType": group.cache_node_type,
        "CacheParameterGroup": parameters if group.cache_parameter_group_name else None,
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "Engine": group.engine,
        "EngineVersion": _full_version(group.engine_version),
        "IpDiscovery": group.ip_discovery,
        "NetworkType": group.network_type,
        "NumCacheNodes": 1,
        "PreferredMaintenanceWindow": group.preferred_maintenance_window or MAINTENANCE_WINDOW,
        "ReplicationGroupId": group.replication_group_id,
        "SecurityGroups": [{"SecurityGroupId": g, "Status": "active"} for g in group.security_group_ids or ()],
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode,
    }


def _full_version(version: str | None) -> str:
    """AWS answers 8.0.1 to a wish for 8.0."""
    parts = (version or "7.1").split(".")
    return ".".join([*parts, "1", "0"][:3] if len(parts) == 2 else parts)


def _replicas() -> None:
    from moto.elasticache.responses import ElastiCacheResponse

    @add(ElastiCacheResponse)
    def increase_replica_count(response: Any) -> Any:
        return _scale(response)

    @add(ElastiCacheResponse)
    def decrease_replica_count(response: Any) -> Any:
        return _scale(response)


def _scale(response: Any) -> Any:
    """Upstream cannot change the number of replicas."""
    from moto.core.responses import ActionResult

    backend = response.elasticache_backend
    group = backend.describe_replication_groups(response._get_param("ReplicationGroupId"))[0]
    wanted = int(response._get_param("NewReplicaCount")) + 1
    for node_group in group.node_groups:
        members = node_group["node_group_members"]
        stem = members[0]["cache_cluster_id"].rpartition("-")[0]
        for number in range(len(members) + 1, wanted + 1):
            member = copy.deepcopy(members[0]) | {"cache_cluster_id": f"{stem}-{number:0>3}"}
            members.append(member | ({"current_role": "replica"} if "current_role" in member else {}))
        del members[wanted:]
    group.member_clusters = [m["cache_cluster_id"] for g in group.node_groups for m in g["node_group_members"]]
    return ActionResult({"ReplicationGroup": group})


def _subnet_groups() -> None:
    from moto.core.responses import ActionResult, EmptyResult
    from moto.elasticache.exceptions import ElastiCacheException
    from moto.elasticache.models import CacheSubnetGroup
    from moto.elasticache.responses import ElastiCacheResponse

    @add(ElastiCacheResponse)
    def modify_cache_subnet_group(response: Any) -> Any:
        backend, name = response.elasticache_backend, response._get_param("CacheSubnetGroupName")
        before = backend.describe_cache_subnet_groups(name)[0]
        description = response._get_param("CacheSubnetGroupDescription") or before.cache_subnet_group_description
        subnets = response._get_param("SubnetIds") or before.subnet_ids
        group = CacheSubnetGroup(backend.account_id, backend.region_name, name, description, subnets, before.tags)
        backend.cache_subnet_groups[name] = group
        return ActionResult({"CacheSubnetGroup": group})

    @add(ElastiCacheResponse)
    def delete_cache_subnet_group(response: Any) -> Any:
        backend, name = response.elasticache_backend, response._get_param("CacheSubnetGroupName")
        group = backend.describe_cache_subnet_groups(name)[0]
        users = [*backend.replication_groups.values(), *backend.cache_clusters.values()]
        if any(user.cache_subnet_group_name == name for user in users):
            raise ElastiCacheException("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use.")
        del backend.cache_subnet_groups[name]
        backend.tagging_service.delete_all_tags_for_resource(group.arn)
        return EmptyResult()
