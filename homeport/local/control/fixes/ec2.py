"""EC2: security group rules keep their description.

Upstream reads it from the address range alone: a rule that names another group or a prefix list loses it.
"""

from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
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
