"""A plan as people write it (`heroku-postgresql:basic --version=15`) → service, plan and options.

Which plans are retired: https://devcenter.heroku.com/articles/heroku-postgres-plans and …/heroku-redis-plans.
"""

import re
from dataclasses import dataclass

from homeport.heroku.files.config import is_plain
from homeport.heroku.files.findings import Findings
from homeport.heroku.records import AddOn, Attachment

SERVICE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.IGNORECASE)
PLAN_ALONE = re.compile(r"((hobby|essential|standard|premium|private|shield)-\w{1,10}|mini|basic|dev|free)", re.I)
RETIRED = {
    "heroku-postgresql": {"dev", "basic", "mini", "hobby-dev", "hobby-basic", "crane", "kappa", "ronin", "fugu", "ika"},
    "heroku-redis": {"hobby-dev", "hobby-basic"},
    "rediscloud": {"20", "25", "30"},
}
RETIRED_SIZES = {"free", "hobby", "1x", "2x", "px"}
FLAG = re.compile(r"--?([A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Plan:
    service: str
    plan: str
    options: dict[str, str]  # `as` too, if it was a flag


def keep_addon(
    found: Findings, line: int, what: str, written: str, alias: str = "", options: dict[str, str] | None = None
) -> None:
    """Add the add-on that `written` names, and its attachment if `alias` is given. `what` is its path in the file."""
    plan = parse_plan(found, line, what, written)
    if not plan:
        return
    name = found.name_addon(plan.service)
    found.records.append(
        AddOn(
            origin=found.at(line, what),
            app=found.app,
            name=name,
            service=plan.service,
            plan=plan.plan,
            options=public_options(found, line, plan.service, plan.options | (options or {})),
        )
    )
    if alias := alias or plan.options.get("as", ""):
        origin = found.at(line, f"{what}.as")
        found.records.append(Attachment(origin=origin, app=found.app, name=alias.upper(), addon=name))


def parse_plan(found: Findings, line: int, what: str, written: str) -> Plan | None:
    """Service, plan and flags; None, with a doubt, if `written` names no add-on."""
    first, *rest = written.split() or [""]
    service, _, plan = first.partition(":")
    if not SERVICE.fullmatch(service):
        found.doubt(line, f"{what} names no add-on; it is left out")
        return None
    if not plan and PLAN_ALONE.fullmatch(first):
        found.doubt(line, f"{what} names a plan, but not the add-on; it is left out")
        return None
    if rest:
        found.doubt(line, f"{what} has flags of the command line in its plan; they were taken as its options")
    service, plan = service.lower(), plan.lower()
    if plan in RETIRED.get(service, ()):
        found.doubt(line, f"{service}:{plan} is no longer sold; the plan that runs today, and its price, are unknown")
    return Plan(service, plan, _flags(rest))


def public_options(found: Findings, line: int, service: str, options: dict[str, str]) -> dict[str, str]:
    """Options that are plainly no secret; the others are named in a doubt."""
    plain = {name: value for name, value in options.items() if name != "as" and is_plain(name, value)}
    hidden = sorted(set(options) - set(plain) - {"as"})
    if hidden:
        found.doubt(line, f"{service}: options that may hold a secret are not kept: {', '.join(hidden)[:80]}")
    return plain


def _flags(words: list[str]) -> dict[str, str]:
    """`--version=15 --fork DATABASE` as a mapping."""
    flags: dict[str, str] = {}
    last = ""
    for word in words:
        if match := FLAG.fullmatch(word):
            last = match[1]
            flags[last] = match[2] or ""
        elif last:
            flags[last] = f"{flags[last]} {word}".strip()
    return flags
