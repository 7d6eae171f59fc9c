from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def ec2(client: Callable[[str], Any]) -> Any:
    return client("ec2")


def authorize(ec2: Any, network: dict[str, Any], port: int, **source: Any) -> dict[str, Any]:
    permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    made = ec2.authorize_security_group_ingress(GroupId=network["group"], IpPermissions=[permission])
    found: dict[str, Any] = ec2.describe_security_group_rules(
        SecurityGroupRuleIds=[made["SecurityGroupRules"][0]["SecurityGroupRuleId"]]
    )["SecurityGroupRules"][0]
    return found


def test_a_rule_for_another_group_keeps_its_description(ec2: Any, network: dict[str, Any]) -> None:
    pair = {"GroupId": network["group"], "Description": "From itself."}
    found = authorize(ec2, network, 80, UserIdGroupPairs=[pair])
    assert found["Description"] == "From itself."
    assert found["ReferencedGroupInfo"]["GroupId"] == network["group"]


def test_a_rule_for_a_prefix_list_keeps_its_description(ec2: Any, network: dict[str, Any]) -> None:
    prefix_list = ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    found = authorize(ec2, network, 443, PrefixListIds=[{"PrefixListId": prefix_list, "Description": "S3."}])
    assert (found["Description"], found["PrefixListId"]) == ("S3.", prefix_list)


def test_a_rule_can_be_pointed_at_another_group(ec2: Any, network: dict[str, Any]) -> None:
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=network["vpc"])["GroupId"]
    rule = authorize(ec2, network, 81, UserIdGroupPairs=[{"GroupId": network["group"]}])["SecurityGroupRuleId"]
    wish = {"IpProtocol": "tcp", "FromPort": 82, "ToPort": 82, "ReferencedGroupId": other, "Description": "Other."}
    ec2.modify_security_group_rules(
        GroupId=network["group"], SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": wish}]
    )
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"][0]
    assert (found["ReferencedGroupInfo"]["GroupId"], found["Description"], found["FromPort"]) == (other, "Other.", 82)


def test_an_endpoint_has_routes_where_it_is_attached(ec2: Any, network: dict[str, Any]) -> None:
    tables = [ec2.create_route_table(VpcId=network["vpc"])["RouteTable"]["RouteTableId"] for _ in range(2)]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        VpcEndpointType="Gateway",
        ServiceName="com.amazonaws.eu-west-1.s3",
        RouteTableIds=tables[:1],
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=tables[1:], RemoveRouteTableIds=tables[:1])
    routes = [
        [route.get("GatewayId") for route in table["Routes"]]
        for table in ec2.describe_route_tables(RouteTableIds=tables)["RouteTables"]
    ]
    assert [endpoint in gateways for gateways in routes] == [False, True]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])


def test_a_nat_gateway_takes_its_network_interface_with_it(ec2: Any, network: dict[str, Any]) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=network["subnets"][0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=made)
    mine = [{"Name": "vpc-id", "Values": [network["vpc"]]}]
    assert ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"] == []
    ec2.release_address(AllocationId=address)
