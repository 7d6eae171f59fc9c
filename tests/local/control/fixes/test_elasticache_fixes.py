import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def elasticache(client: Callable[[str], Any]) -> Any:
    return client("elasticache")


def create(elasticache: Any, **given: Any) -> str:
    name = f"g{uuid.uuid4().hex[:12]}"
    elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="first day",
        Engine="valkey",
        EngineVersion="8.0",
        CacheNodeType="cache.t4g.micro",
        **given,
    )
    return name


def describe(elasticache: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
    return found


def test_a_group_has_as_many_nodes_as_it_should(elasticache: Any) -> None:
    found = describe(elasticache, create(elasticache, NumCacheClusters=2))
    assert len(found["MemberClusters"]) == 2
    assert len(found["NodeGroups"][0]["NodeGroupMembers"]) == 2


def test_a_node_of_a_group_can_be_described(elasticache: Any) -> None:
    name = create(
        elasticache,
        SecurityGroupIds=["sg-1"],
        CacheParameterGroupName="default.valkey8",
        PreferredMaintenanceWindow="sun:03:30-sun:04:30",
    )
    node = elasticache.describe_cache_clusters(CacheClusterId=f"{name}-001")["CacheClusters"][0]
    assert node["ReplicationGroupId"] == name
    assert (node["Engine"], node["EngineVersion"], node["CacheNodeType"]) == ("valkey", "8.0.1", "cache.t4g.micro")
    assert node["SecurityGroups"] == [{"SecurityGroupId": "sg-1", "Status": "active"}]
    assert node["CacheParameterGroup"]["CacheParameterGroupName"] == "default.valkey8"
    assert node["PreferredMaintenanceWindow"] == "sun:03:30-sun:04:30"


def test_a_group_keeps_all_its_changes(elasticache: Any) -> None:
    name = create(elasticache)
    elasticache.modify_replication_group(
        ReplicationGroupId=name,
        SecurityGroupIds=["sg-2"],
        SnapshotWindow="01:00-02:00",
        AutoMinorVersionUpgrade=False,
        EngineVersion="8.1",
    )
    node = elasticache.describe_cache_clusters()["CacheClusters"]
    found = next(item for item in node if item["ReplicationGroupId"] == name)
    assert found["SecurityGroups"][0]["SecurityGroupId"] == "sg-2"
    assert found["AutoMinorVersionUpgrade"] is False and found["EngineVersion"] == "8.1.1"
    assert describe(elasticache, name)["SnapshotWindow"] == "01:00-02:00"


def test_a_group_grows_and_shrinks(elasticache: Any) -> None:
    name = create(elasticache)
    elasticache.increase_replica_count(ReplicationGroupId=name, NewReplicaCount=2, ApplyImmediately=True)
    found = describe(elasticache, name)
    assert found["MemberClusters"] == [f"{name}-001", f"{name}-002", f"{name}-003"]
    assert [m["CurrentRole"] for m in found["NodeGroups"][0]["NodeGroupMembers"]] == ["primary", "replica", "replica"]
    elasticache.decrease_replica_count(ReplicationGroupId=name, NewReplicaCount=1, ApplyImmediately=True)
    assert len(describe(elasticache, name)["MemberClusters"]) == 2


def test_a_deleted_group_is_gone(elasticache: Any) -> None:
    name = create(elasticache)
    deleted = elasticache.delete_replication_group(ReplicationGroupId=name)
    assert deleted["ReplicationGroup"]["Status"] == "deleting"
    with pytest.raises(elasticache.exceptions.ReplicationGroupNotFoundFault):
        describe(elasticache, name)


def test_a_subnet_group_changes_and_goes(elasticache: Any, network: dict[str, Any]) -> None:
    named = {"CacheSubnetGroupName": "moved"}
    elasticache.create_cache_subnet_group(**named, CacheSubnetGroupDescription="first", SubnetIds=network["subnets"])
    elasticache.modify_cache_subnet_group(**named, CacheSubnetGroupDescription="second")
    group = elasticache.describe_cache_subnet_groups(**named)["CacheSubnetGroups"][0]
    assert group["CacheSubnetGroupDescription"] == "second"
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == network["subnets"]
    elasticache.delete_cache_subnet_group(**named)
    with pytest.raises(elasticache.exceptions.CacheSubnetGroupNotFoundFault):
        elasticache.describe_cache_subnet_groups(**named)


def test_a_subnet_group_in_use_cannot_go(elasticache: Any, network: dict[str, Any]) -> None:
    named = {"CacheSubnetGroupName": "used"}
    elasticache.create_cache_subnet_group(**named, CacheSubnetGroupDescription="used", SubnetIds=network["subnets"])
    create(elasticache, **named)
    with pytest.raises(elasticache.exceptions.CacheSubnetGroupInUse):
        elasticache.delete_cache_subnet_group(**named)


@pytest.fixture
def parameters(elasticache: Any) -> dict[str, str]:
    named = {"CacheParameterGroupName": f"p{uuid.uuid4().hex[:12]}"}
    elasticache.create_cache_parameter_group(
        **named, CacheParameterGroupFamily="valkey8", Description="first", Tags=[{"Key": "made", "Value": "with"}]
    )
    return named


def test_parameters_are_set_and_taken_back(elasticache: Any, parameters: dict[str, str]) -> None:
    policy = {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}
    elasticache.modify_cache_parameter_group(**parameters, ParameterNameValues=[policy])
    found = elasticache.describe_cache_parameters(**parameters, Source="user")["Parameters"]
    assert [(item["ParameterName"], item["ParameterValue"]) for item in found] == [("maxmemory-policy", "allkeys-lru")]
    elasticache.reset_cache_parameter_group(**parameters, ParameterNameValues=[policy])
    assert elasticache.describe_cache_parameters(**parameters, Source="user")["Parameters"] == []


def test_a_parameter_group_has_tags_and_goes(elasticache: Any, parameters: dict[str, str]) -> None:
    group = elasticache.describe_cache_parameter_groups(**parameters)["CacheParameterGroups"][0]
    assert elasticache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"][0]["Value"] == "with"
    elasticache.delete_cache_parameter_group(**parameters)
    with pytest.raises(elasticache.exceptions.CacheParameterGroupNotFoundFault):
        elasticache.describe_cache_parameter_groups(**parameters)


def test_a_parameter_group_in_use_cannot_go(elasticache: Any, parameters: dict[str, str]) -> None:
    create(elasticache, **parameters)
    with pytest.raises(elasticache.exceptions.InvalidCacheParameterGroupStateFault):
        elasticache.delete_cache_parameter_group(**parameters)
