"""EC2: security group rules keep their description, gateway endpoints their routes; NAT gateways go as a whole.

Upstream reads a description from the address range alone: a rule that names another group or a prefix list loses it.
An endpoint that gets another route table gets no route there, and then cannot be deleted. The network interface of a
deleted NAT gateway stays.
"""

from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
    _security_group_rules()
    _gateway_endpoints()
    _nat_gateways()


def _security_group_rules() -> None:
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.security_groups import SecurityGroupRule

    @replace(SecurityGroupRule, "__init__")
    def init(original: Any, rule: Any, *args: Any, **kwargs: Any) -> None:
        """For upstream it is a part of what the rule is about, and would make two rules of one."""
        source, prefix_list = (*args[6:8], None, None)[:2]
        named = kwargs.get("source_group", source) or kwargs.get("prefix_list_id", prefix_list) or {}
        original(rule, *args, **kwargs)
        if "Description" in named:
            rule.ip_range = {**rule.ip_range, "Description": named["Description"]}
            rule.source_group = {key: value for key, value in rule.source_group.items() if key != "Description"}

    @replace(EC2Backend, "modify_security_group_rules")
    def modify(original: Any, backend: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
        """Upstream keeps the group and the prefix list that a rule was made with."""
        original(backend, group_id, rules)
        group = backend.get_security_group_by_name_or_id(group_id)
        for identifier, given in rules.items():
            rule = group.get_rule(identifier)
            if "ReferencedGroupId" in given:
                rule.source_group = {**rule.source_group, "GroupId": given["ReferencedGroupId"]}
            if "PrefixListId" in given:
                rule.prefix_list_id = given["PrefixListId"]


def _gateway_endpoints() -> None:
    from moto.ec2.models import EC2Backend

    @replace(EC2Backend, "modify_vpc_endpoint")
    def modify(original: Any, backend: Any, vpc_id: str, *args: Any, **kwargs: Any) -> None:
        """`vpc_id` is upstream's name for the endpoint's id."""
        endpoint = backend.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])[0]
        before = set(endpoint.route_table_ids or ())
        original(backend, vpc_id, *args, **kwargs)
        after, prefix_list = set(endpoint.route_table_ids or ()), endpoint.destination_prefix_list_id
        if prefix_list is None:
            return
        for table in after - before:
            backend.create_route(table, None, gateway_id=vpc_id, destination_prefix_list_id=prefix_list)
        for table in before - after:
            backend.delete_route(table, prefix_list)


def _nat_gateways() -> None:
    from moto.ec2.models import EC2Backend

    @replace(EC2Backend, "delete_nat_gateway")
    def delete(original: Any, backend: Any, nat_gateway_id: str) -> Any:
        gateway = original(backend, nat_gateway_id)
        for address in gateway.address_set:
            if association := address.get("associationId"):
                backend.disassociate_address(association_id=association)
            backend.enis.pop(address["networkInterfaceId"], None)
        return gateway
