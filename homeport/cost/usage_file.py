"""homeport.usage.yml → Usage: what was measured and what Heroku bills; all mistakes at once."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeport.errors import HomeportError
from homeport.model.platform import Platform
from homeport.model.problems import Place, Problem, convert_errors, render_path, suggest
from homeport.model.source import read_source
from homeport.model.usage import Usage

NAME = "homeport.usage.yml"
HINT = "`homeport import` writes this file; every key is described in docs/how-to/see-what-aws-would-cost.md"


def load_usage(file: Path) -> Usage:
    """The usage in a file. Raises HomeportError with one line `file:line: path: …` for every mistake."""
    source = read_source(file)
    if source.problems:
        raise HomeportError(_render(file, source.problems), HINT)
    value: Any = {} if source.value is None else source.value
    if not isinstance(value, dict):
        raise HomeportError(f"{file}:1: a {type(value).__name__} stands where a mapping is expected", HINT)
    try:
        usage = Usage.model_validate(value)
        wrong = list(_endless(usage.model_dump()))
    except ValidationError as error:
        wrong = convert_errors(error, Usage)
    if wrong:
        raise HomeportError(_render(file, [(source.line(problem.path), problem) for problem in wrong]), HINT)
    return usage


def strangers(usage: Usage, platform: Platform) -> list[str]:
    """Sentences on names in the usage that homeport.yml does not have: what is said of them is used nowhere."""
    found = []
    named = {*platform.services, *platform.functions}
    data = {*platform.databases, *platform.caches, *platform.buckets, *platform.sites}
    for name, environment in usage.environments.items():
        if name not in platform.environments and name != "local":
            found.append(f"environment {name}: not in homeport.yml{suggest(name, set(platform.environments))}")
        for kind, known, names in (("services", named, environment.services), ("data", data, environment.data)):
            found += [f"{name}: {kind}.{n}: not in homeport.yml{suggest(n, known)}" for n in names if n not in known]
        for service, said in environment.services.items():
            if service in platform.services:
                declared = platform.services[service]
                kinds = (
                    ("tasks", "process", said.tasks, declared.processes),
                    ("run_minutes", "schedule", said.run_minutes, declared.schedules),
                )
                found += [
                    f"{name}: services.{service}.{key}.{one}: no such {what}{suggest(one, set(there))}"
                    for key, what, given, there in kinds
                    for one in given
                    if one not in there
                ]
    return found


def _endless(value: Any, path: Place = ()) -> Iterator[Problem]:
    """Numbers that are none: `.inf`, `.nan`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _endless(item, (*path, key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(path, f"{value} is not a number of anything")


def _render(file: Path, found: list[tuple[int, Problem]]) -> str:
    ordered = sorted(found, key=lambda item: item[0])
    return "\n".join(f"{file}:{line}: {render_path(problem.path)}: {problem.text}" for line, problem in ordered)
