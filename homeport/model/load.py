"""homeport.yml → Platform: reads, checks types, fills in what Procfiles say, checks the rules; all mistakes at once."""

import copy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeport.errors import HomeportError
from homeport.model import rules
from homeport.model.folders import fill_from_folders
from homeport.model.platform import OVERRIDABLE, Environment, Platform
from homeport.model.problems import Place, Problem, convert_errors, render_path, show
from homeport.model.source import Source, parse_source, read_source

PROBLEMS_MAX = 100  # more are not read, only counted
HINT = "every key is described by `homeport schema` and in docs/reference/homeport-yml.md"


def load_platform(file: Path) -> Platform:
    """The platform that `file` declares, valid in every environment, with each process's command filled in.

    Raises HomeportError with one line `file:line: path: value and expectation` for every mistake.
    """
    return _load(file, read_source(file), with_folders=True)


def check_text(file: Path, text: str) -> None:
    """Raise HomeportError for the mistakes that `text` has in itself, before it is written to `file`.

    Folders that are not there yet, and what stands in those that are, are no mistakes of it.
    """
    _load(file, parse_source(file, text), with_folders=False)


def _load(file: Path, source: Source, *, with_folders: bool) -> Platform:
    if source.value is None and not source.problems:
        raise HomeportError(f"{file}: is empty; expected at least `name:`", "homeport init writes one to start from")
    if not isinstance(source.value, dict):
        raise HomeportError(f"{file}:1: {show(source.value)} stands where a mapping is expected", HINT)
    found: list[tuple[int, Problem]] = list(source.problems)
    platform, wrong = _validate(source.value)
    if platform:
        platform, more = fill_from_folders(platform, file.parent)
        more = more if with_folders else []
        more += _rules(platform, source, complete=not wrong)
        broken = {problem.path for problem in wrong}  # taken out, so that rules may call them missing
        wrong += [problem for problem in more if problem.path not in broken]
    found += [(source.line(problem.path), problem) for problem in wrong]
    if found or platform is None:
        raise HomeportError(_render(file, found), HINT)
    return platform


def _validate(document: dict[str, Any]) -> tuple[Platform | None, list[Problem]]:
    """The platform; if parts are wrong, their problems and the platform without them, so that the rest is checked."""
    try:
        return Platform.model_validate(document), []
    except ValidationError as error:
        wrong = convert_errors(error, Platform)
    pruned = copy.deepcopy(document)
    for depth in (None, 2, 1):  # first without the wrong values, then without what holds them, then without its kind
        for problem in wrong:
            _prune(pruned, problem.path[:depth])
        try:
            return Platform.model_validate({"name": "unnamed"} | pruned), wrong
        except ValidationError as error:
            wrong += [problem for problem in convert_errors(error, Platform) if problem not in wrong]
    return None, wrong


def _prune(document: Any, path: Place) -> None:
    """Take the value at `path` out of the document, if it is there."""
    for step in path[:-1]:
        if isinstance(step, int) if isinstance(document, dict) else not isinstance(step, int):
            return
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(document, dict):
        document.pop(path[-1], None)
    elif isinstance(document, list) and isinstance(path[-1], int) and path[-1] < len(document):
        document[path[-1]] = None


def _rules(platform: Platform, source: Source, complete: bool) -> list[Problem]:
    """Problems of the platform, and those that only one of its environments has, at the line of the override."""
    known = frozenset() if complete else frozenset(_names(source.value))
    found = rules.find_problems(platform, known)
    seen = set(found)
    for name in {*platform.environments, "local"}:
        found += [
            _in_override(problem, name, source)
            for problem in _environment_problems(platform, name, known)
            if problem not in seen
        ]
    return list(dict.fromkeys(found))


def _environment_problems(platform: Platform, name: str, known: frozenset[str]) -> list[Problem]:
    unknown = rules.find_unknown_overrides(platform, name)
    if unknown:
        platform = platform.model_copy(update={"environments": {name: _without(platform.environment(name), unknown)}})
    try:
        there = Platform.model_validate(platform.overlaid(name))
    except ValidationError as error:
        return unknown + convert_errors(error, Platform)
    return unknown + rules.find_problems_in_environment(there, name, known)


def _without(environment: Environment, unknown: list[Problem]) -> Environment:
    """The environment without its overrides of things that there are not, so that the others are checked too."""
    gone = {problem.path[-2:] for problem in unknown}
    kept = {
        kind: {name: part for name, part in getattr(environment, kind).items() if (kind, name) not in gone}
        for kind in OVERRIDABLE
    }
    return environment.model_copy(update=kept)


def _in_override(problem: Problem, environment: str, source: Source) -> Problem:
    override = ("environments", environment, *problem.path)
    if problem.path[:1] in {(kind,) for kind in OVERRIDABLE} and override[:4] in source.lines:
        return Problem(override, problem.text)
    where = "" if problem.path[:1] == ("environments",) else f" (in environment {environment})"
    return Problem(problem.path, problem.text + where)


def _names(document: dict[str, Any]) -> set[str]:
    """Every name that the file gives to something, right or wrong: references to these are not called unknown."""
    kinds = (document.get(kind) for kind in rules.KINDS)
    return {name for kind in kinds if isinstance(kind, dict) for name in kind} | set(document)


def _render(file: Path, found: list[tuple[int, Problem]]) -> str:
    ordered = sorted(found, key=lambda item: item[0])
    lines = [
        ": ".join(filter(None, [f"{file}:{line}", render_path(problem.path), problem.text]))
        for line, problem in ordered[:PROBLEMS_MAX]
    ]
    if len(ordered) > PROBLEMS_MAX:
        lines.append(f"{file}: and {len(ordered) - PROBLEMS_MAX} more")
    return "\n".join(lines)
