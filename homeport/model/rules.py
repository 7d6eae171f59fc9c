"""What must hold between the parts of a platform, and is found here instead of by Terraform or AWS.

This file has references, names and environments; what concerns one part alone is in `parts.py`.
"""

from collections.abc import Iterator

from homeport.model import names
from homeport.model.domains import find_contested_domains, find_domain_problems
from homeport.model.limits import find_kept_names, find_long_names, find_shared_names
from homeport.model.loops import find_loop_problems, find_loop_warnings
from homeport.model.parts import find_part_problems, find_part_warnings
from homeport.model.platform import LOCAL, OVERRIDABLE, Platform
from homeport.model.problems import Problem, listed, suggest
from homeport.model.routes import find_route_problems

KINDS = ("services", "functions", "sites", "databases", "caches", "topics", "buckets")
USABLE = ("databases", "caches", "topics", "buckets")
SINGLES = ("users", "mail")
RESERVED = {*SINGLES, "release", "terraform", "homeport"}


def find_problems(platform: Platform, also_known: frozenset[str] = frozenset()) -> list[Problem]:
    """Everything wrong with the platform itself. References to `also_known` (parts that are broken) are let through."""
    return [
        *_problems(platform, also_known),
        *find_contested_domains(platform),
        *find_kept_names(platform, LOCAL),
        *find_shared_names(platform, LOCAL),
    ]


def find_warnings(platform: Platform) -> list[Problem]:
    """What may be meant, but should be looked at, in a platform without problems."""
    return [*find_loop_warnings(platform), *find_part_warnings(platform)]


def find_problems_in_environment(platform: Platform, environment: str, also_known: frozenset[str]) -> list[Problem]:
    """Everything wrong with a platform that is already in this environment."""
    return [
        *_problems(platform, also_known),
        *find_long_names(platform, environment),
        *find_kept_names(platform, environment),
        *find_shared_names(platform, environment),
    ]


def find_unknown_overrides(platform: Platform, environment: str) -> list[Problem]:
    """Overrides of things that the platform does not have."""
    declared = platform.environment(environment)
    return [
        Problem(
            ("environments", environment, kind, name),
            f"there is no such one in `{kind}`, where overrides apply{suggest(name, getattr(platform, kind))}",
        )
        for kind in OVERRIDABLE
        for name in getattr(declared, kind)
        if name not in getattr(platform, kind)
    ]


def _problems(platform: Platform, also_known: frozenset[str]) -> Iterator[Problem]:
    yield from _name_problems(platform)
    yield from _reference_problems(platform, also_known)
    yield from find_route_problems(platform, also_known)
    yield from find_domain_problems(platform)
    yield from find_loop_problems(platform)
    yield from _account_problems(platform)
    yield from find_part_problems(platform)


def _name_problems(platform: Platform) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for kind in KINDS:
        for name in getattr(platform, kind):
            if name in RESERVED:
                yield Problem((kind, name), f"{name!r} is a word of Homeport's own; choose another name")
            elif name in owner:
                yield Problem((kind, name), f"{owner[name]} already has this name; every name is used once")
            owner.setdefault(name, kind)


def _reference_problems(platform: Platform, also_known: frozenset[str]) -> Iterator[Problem]:
    kind_of = {name: kind for kind in KINDS for name in getattr(platform, kind)}
    usable = {name for name, kind in kind_of.items() if kind in USABLE}
    usable |= {name for name in SINGLES if getattr(platform, name)}
    topics = set(platform.topics)
    for owners, owner, part in platform.with_code():
        for key, targets, allowed in (("uses", part.uses, usable), ("on", part.on, topics)):
            for index, target in enumerate(targets):
                if target in targets[:index]:
                    yield Problem((owners, owner, key, index), f"{target!r} is there twice")
                elif target not in allowed and target not in also_known:
                    yield Problem((owners, owner, key, index), _unknown(key, target, allowed, kind_of))


def _unknown(key: str, target: str, allowed: set[str], kind_of: dict[str, str]) -> str:
    wanted = "a topic" if key == "on" else "a database, cache, topic, bucket, `users` or `mail`"
    if target in kind_of:
        return f"{target!r} is one of the {kind_of[target]}; expected {wanted}"
    if target in SINGLES and key == "uses":
        return f"{target!r} needs `{target}:` to be declared"
    known = f"; there are {listed(sorted(allowed))}" if allowed else "; none is declared"
    return f"{target!r} is not {wanted}{suggest(target, allowed) or known}"


def _account_problems(platform: Platform) -> Iterator[Problem]:
    taken: dict[str, str] = {names.LOCAL_ACCOUNT: LOCAL, names.LOCAL_MANAGEMENT_ACCOUNT: "the local organisation"}
    for name, environment in platform.environments.items():
        at = ("environments", name, "account")
        if name == LOCAL:
            if environment.account not in (None, names.LOCAL_ACCOUNT):
                yield Problem(at, f"the account of {LOCAL} is on this machine; leave it out")
        elif environment.account is None:
            yield Problem(at, "is missing: the 12 digits of the AWS account of this environment")
        elif environment.account in taken:
            yield Problem(at, f"{environment.account} is already the account of {taken[environment.account]}")
        else:
            taken[environment.account] = name
