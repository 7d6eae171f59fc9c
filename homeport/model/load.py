"""homeport.yml → Platform: reads, checks types, fills in what Procfiles say, checks the rules; all mistakes at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeport.errors import HomeportError
from homeport.model import rules
from homeport.model.folders import fill_from_folders
from homeport.model.platform import LOCAL, OVERRIDABLE, Environment, Platform
from homeport.model.problems import Place, Problem, convert_errors, render_path, show
from homeport.model.source import Source, parse_source, read_source

PROBLEMS_MAX = 100  # more are not read, only counted
HINT = "every key is described by `homeport schema` and in docs/reference/homeport-yml.md"


@dataclass(frozen=True)
class Finding:
    """A problem in a file, at its line."""

    line: int
    path: str
    message: str


@dataclass(frozen=True)
class Examined:
    """What a file declares, without what is wrong in it, and every mistake; warnings if there is none."""

    platform: Platform | None
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def load_platform(file: Path) -> Platform:
    """The platform that `file` declares, valid in every environment, with each process's command filled in.

    Raises HomeportError with one line `file:line: path: value and expectation` for every mistake.
    """
    return valid_platform(file, examine_platform(file))


def check_text(file: Path, text: str) -> None:
    """Raise HomeportError for the mistakes that `text` has in itself, before it is written to `file`.

    Folders that are not there yet, and what stands in those that are, are no mistakes of it.
    """
    parse_platform(file, text)


def parse_platform(file: Path, text: str) -> Platform:
    """The platform that `text` declares by itself. Raises HomeportError as `check_text` does."""
    return valid_platform(file, _examine(file, parse_source(file, text), with_folders=False))


def examine_platform(file: Path) -> Examined:
    """The platform that `file` declares and what is to be said of it, by line.

    Raises HomeportError if the file cannot be read, or is no mapping in YAML.
    """
    return _examine(file, read_source(file), with_folders=True)


def valid_platform(file: Path, examined: Examined) -> Platform:
    """The platform. Raises HomeportError with every mistake if there is any."""
    if examined.problems or examined.platform is None:
        raise HomeportError(render_findings(file, examined.problems), HINT)
    return examined.platform


def render_findings(file: Path, findings: tuple[Finding, ...]) -> str:
    """A line for each, of the first ones."""
    lines = [
        ": ".join(filter(None, [f"{file}:{finding.line}", finding.path, finding.message]))
        for finding in findings[:PROBLEMS_MAX]
    ]
    if len(findings) > PROBLEMS_MAX:
        lines.append(f"{file}: and {len(findings) - PROBLEMS_MAX} more")
    return "\n".join(lines)


def _examine(file: Path, source: Source, *, with_folders: bool) -> Examined:
    if source.value is None and not source.problems:
        raise HomeportError(f"{file}: is empty; expected at least `name:`", "homeport init writes one to start from")
    if not isinstance(source.value, dict):
        raise HomeportError(f"{file}:1: {show(source.value)} stands where a mapping is expected", HINT)
    platform, wrong, gone = _validate(source.value)
    if platform:
        platform, more = fill_from_folders(platform, file.parent)
        more = more if with_folders else []
        more += _rules(platform, source, complete=not wrong)
        broken = {problem.path for problem in wrong}  # taken out, so that rules may call them missing
        wrong += [problem for problem in _as_written(more, gone) if problem.path not in broken]
    located = [*source.problems, *((source.line(problem.path), problem) for problem in wrong)]
    warnings = _warnings(platform, source) if platform and not located else []
    return Examined(platform, _findings(located), _findings(warnings))


def _validate(document: dict[str, Any]) -> tuple[Platform | None, list[Problem], set[Place]]:
    """The platform; if parts are wrong, their problems, and the platform without them, so that the rest is checked.

    The places that were taken out come last.
    """
    gone: set[Place] = set()
    try:
        return Platform.model_validate(document), [], gone
    except ValidationError as error:
        wrong = left = convert_errors(error, Platform)
    for end in (None, -1, 2, 1):  # first without wrong values, then without what holds those left, its part, its kind
        gone |= {problem.path[:end] for problem in left}
        try:
            return Platform.model_validate({"name": "unnamed"} | _without_places(document, gone)), wrong, gone
        except ValidationError as error:
            left = _as_written(convert_errors(error, Platform), gone)
            said = gone | {problem.path for problem in wrong}  # what was taken out is only missing since it was wrong
            wrong = wrong + [problem for problem in left if problem.path not in said]
    return None, wrong, gone


def _without_places(value: Any, gone: set[Place], path: Place = ()) -> Any:
    """The value without what is at `gone`: what follows in a list moves up."""
    if isinstance(value, dict):
        kept = ((key, (*path, key)) for key in value if (*path, key) not in gone)
        return {key: _without_places(value[key], gone, at) for key, at in kept}
    if isinstance(value, list):
        items = ((item, (*path, index)) for index, item in enumerate(value) if (*path, index) not in gone)
        return [_without_places(item, gone, at) for item, at in items]
    return value


def _as_written(problems: list[Problem], gone: set[Place]) -> list[Problem]:
    """Problems of a document that `gone` was taken out of, at the places of the file."""
    return [Problem(_place_as_written(problem.path, gone), problem.text) for problem in problems]


def _place_as_written(path: Place, gone: set[Place]) -> Place:
    written: Place = ()
    for step in path:
        if isinstance(step, int):
            for taken in sorted(place[-1] for place in gone if place[:-1] == written and isinstance(place[-1], int)):
                step += taken <= step
        written = (*written, step)
    return written


def _rules(platform: Platform, source: Source, complete: bool) -> list[Problem]:
    """Problems of the platform, and those that only one of its environments has, at the line of the override."""
    known = frozenset() if complete else frozenset(_names(source.value))
    found = rules.find_problems(platform, known)
    seen = set(found)
    for name in {*platform.environments, LOCAL}:
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
    if problem.path[:1] in {(key,) for key in (*OVERRIDABLE, "api", "region")} and override[:4] in source.lines:
        return Problem(override, problem.text)
    where = "" if problem.path[:1] == ("environments",) else f" (in environment {environment})"
    return Problem(problem.path, problem.text + where)


def _names(document: dict[str, Any]) -> set[str]:
    """Every name that the file gives to something, right or wrong: references to these are not called unknown."""
    kinds = (document.get(kind) for kind in rules.KINDS)
    return {name for kind in kinds if isinstance(kind, dict) for name in kind} | set(document)


def _warnings(platform: Platform, source: Source) -> list[tuple[int, Problem]]:
    """Warnings of the platform, and those that only one of its environments has."""
    found = rules.find_warnings(platform)
    for name in {LOCAL: None} | platform.environments:
        there = rules.find_warnings(platform.in_environment(name))
        found += [_in_override(warning, name, source) for warning in there if warning not in found]
    return [(source.line(warning.path), warning) for warning in dict.fromkeys(found)]


def _findings(located: list[tuple[int, Problem]]) -> tuple[Finding, ...]:
    ordered = sorted(located, key=lambda item: item[0])
    return tuple(Finding(line, render_path(problem.path), problem.text) for line, problem in ordered)
