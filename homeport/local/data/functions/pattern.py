"""Event patterns: whether a JSON value matches, as EventBridge and Lambda's event filtering define it.

Source: Amazon EventBridge User Guide, "Comparison operators for use in event patterns".
"""

import fnmatch
import ipaddress
import operator
from collections.abc import Callable, Mapping
from typing import Any

MISSING = object()
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(pattern: Mapping[str, Any], value: Any) -> bool:
    """Every field of the pattern matches; a list of objects matches if one of them does."""
    if isinstance(value, list):
        return any(matches(pattern, item) for item in value)
    if not isinstance(value, Mapping):
        return False
    return all(_field_matches(name, wanted, value) for name, wanted in pattern.items())


def _field_matches(name: str, wanted: Any, value: Mapping[str, Any]) -> bool:
    if name == "$or" and isinstance(wanted, list):
        return any(matches(alternative, value) for alternative in wanted)
    found = value.get(name, MISSING)
    if isinstance(wanted, Mapping):
        # A pattern that only asks for absence matches where the object itself is absent.
        return matches(wanted, {} if found is MISSING else found)
    values = found if isinstance(found, list) else [found]
    return any(_rule_matches(rule, one) for rule in wanted for one in values or [MISSING])


def _rule_matches(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return _equal(rule, value)
    ((name, wanted),) = rule.items()
    if name == "exists":
        return (value is not MISSING) == bool(wanted)
    return value is not MISSING and _OPERATORS.get(name, _unknown)(wanted, value)


def _equal(wanted: Any, value: Any) -> bool:
    """JSON's equality: 1 and 1.0 are one number, and true is none."""
    same_kind = type(wanted) is type(value) or (_is_number(wanted) and _is_number(value))
    return same_kind and bool(wanted == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _prefix(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):  # {"equals-ignore-case": …}
        return isinstance(value, str) and value.lower().startswith(wanted["equals-ignore-case"].lower())
    return isinstance(value, str) and value.startswith(wanted)


def _suffix(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, str) and value.lower().endswith(wanted["equals-ignore-case"].lower())
    return isinstance(value, str) and value.endswith(wanted)


def _anything_but(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((name, rules),) = wanted.items()
        return not any(_rule_matches({name: rule}, value) for rule in (rules if isinstance(rules, list) else [rules]))
    return not any(_rule_matches(rule, value) for rule in (wanted if isinstance(wanted, list) else [wanted]))


def _numeric(wanted: Any, value: Any) -> bool:
    pairs = zip(wanted[::2], wanted[1::2], strict=True)
    return _is_number(value) and all(COMPARISONS[sign](value, bound) for sign, bound in pairs)


def _equals_ignore_case(wanted: Any, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == wanted.lower()


def _cidr(wanted: Any, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
    except ValueError:
        return False


def _wildcard(wanted: Any, value: Any) -> bool:
    escaped = wanted.replace("[", "[[]").replace("?", "[?]")  # only the asterisk has a meaning
    return isinstance(value, str) and fnmatch.fnmatchcase(value, escaped)


def _unknown(wanted: Any, value: Any) -> bool:
    return False


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "equals-ignore-case": _equals_ignore_case,
    "cidr": _cidr,
    "wildcard": _wildcard,
}
