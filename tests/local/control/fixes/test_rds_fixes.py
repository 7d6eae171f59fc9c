from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def rds(client: Callable[[str], Any]) -> Any:
    return client("rds")


def create(rds: Any, name: str, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = rds.create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t4g.micro", Engine="postgres", EngineVersion="16", **given
    )["DBInstance"]
    return made


def describe(rds: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def test_two_instances_are_told_apart_by_their_resource_id(rds: Any) -> None:
    one, two = (create(rds, name)["DbiResourceId"] for name in ("one", "two"))
    assert one != two
    found = rds.describe_db_instances(Filters=[{"Name": "dbi-resource-id", "Values": [two]}])["DBInstances"]
    assert [item["DBInstanceIdentifier"] for item in found] == ["two"]


def test_performance_insights_are_turned_on_and_off(rds: Any) -> None:
    create(rds, "insights", EnablePerformanceInsights=True)
    found = describe(rds, "insights")
    assert (found["PerformanceInsightsEnabled"], found["PerformanceInsightsRetentionPeriod"]) == (True, 7)
    rds.modify_db_instance(DBInstanceIdentifier="insights", EnablePerformanceInsights=False)
    assert describe(rds, "insights")["PerformanceInsightsEnabled"] is False


def test_the_default_parameter_group_is_that_of_the_major_version(rds: Any) -> None:
    create(rds, "defaults")
    assert describe(rds, "defaults")["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres16"


@pytest.fixture
def parameters(rds: Any) -> dict[str, str]:
    named = {"DBParameterGroupName": "settings"}
    try:
        rds.create_db_parameter_group(**named, DBParameterGroupFamily="postgres16", Description="settings")
    except rds.exceptions.DBParameterGroupAlreadyExistsFault:
        pass
    given = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(**named, Parameters=[given])
    return named


def test_a_parameter_that_a_user_set_says_so(rds: Any, parameters: dict[str, str]) -> None:
    assert rds.describe_db_parameters(**parameters)["Parameters"][0]["Source"] == "user"


def test_parameters_are_filtered_by_who_set_them(rds: Any, parameters: dict[str, str]) -> None:
    assert rds.describe_db_parameters(**parameters, Source="engine-default")["Parameters"] == []


def test_a_parameter_is_reset(rds: Any, parameters: dict[str, str]) -> None:
    given = {"ParameterName": "rds.force_ssl", "ApplyMethod": "immediate"}
    rds.reset_db_parameter_group(**parameters, Parameters=[given])
    assert rds.describe_db_parameters(**parameters)["Parameters"] == []


def test_a_changed_subnet_group_is_still_there(rds: Any, network: dict[str, Any]) -> None:
    named = {"DBSubnetGroupName": "moved"}
    rds.create_db_subnet_group(**named, DBSubnetGroupDescription="first", SubnetIds=network["subnets"])
    rds.modify_db_subnet_group(**named, DBSubnetGroupDescription="second", SubnetIds=network["subnets"])
    group = rds.describe_db_subnet_groups(**named)["DBSubnetGroups"][0]
    assert group["DBSubnetGroupDescription"] == "second"
