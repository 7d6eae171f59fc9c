"""An import on top of those before it: what was read, what is remembered, and what will be written, before it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from homeport.cli.import_files import Prepared, prepare, read_memory, read_settings, with_report
from homeport.errors import HomeportError
from homeport.heroku.convert import Converted, convert
from homeport.heroku.memory import Carried, Scope, carry, remember
from homeport.heroku.records import Inventory
from homeport.heroku.report import Finding, Report
from homeport.model.load import parse_platform
from homeport.model.platform import Platform


@dataclass(frozen=True)
class Wanted:
    """What a person asked for, and what was read of it."""

    found: Inventory
    scope: Scope
    findings: tuple[Finding, ...] = ()
    examine: Callable[[Platform], Iterable[Finding]] | None = None  # finds more, given what is declared
    name: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Plan:
    """`held` are services, databases and apps that are gone, and stay until somebody says that they may go."""

    converted: Converted
    report: Report
    prepared: Prepared
    held: tuple[str, ...]


def plan_import(file: Path, secrets: Path, wanted: Wanted, *, prune: bool = False) -> Plan:
    """Decide everything. Raises HomeportError if it would not make a valid homeport.yml."""
    carried, converted = convert_again(file, wanted, prune=prune)
    remembered = remember(carried.inventory, converted.given)
    report = converted.report.with_findings(wanted.findings).with_remembered(kept_lines(carried, prune=prune))
    prepared = prepare(file, converted, report, secrets, memory=remembered, prune=prune)
    if wanted.examine:
        declared = parse_platform(file, prepared.texts[file])
        report = report.with_findings((*wanted.findings, *wanted.examine(declared)))
        prepared = with_report(prepared, file, report)
    held = [difference.path for difference in prepared.merged[file].held]
    return Plan(converted, report, prepared, (*(() if prune else carried.gone), *held))


def convert_again(file: Path, wanted: Wanted, *, prune: bool = False) -> tuple[Carried, Converted]:
    """What was read and what is remembered, and what becomes of it under the names that were given before."""
    memory = read_memory(file)
    carried = carry(wanted.found, wanted.scope, memory, prune=prune)
    name, region = _lasting(file, wanted)
    return carried, convert(carried.inventory, name=name, region=region, given=memory.given)


def kept_lines(carried: Carried, *, prune: bool = False) -> tuple[str, ...]:
    """What stays as an earlier import had it, and why."""
    lines = [f"not read this time: {text}" for text in carried.unread]
    if carried.elsewhere:
        lines.append(f"not asked for this time: {', '.join(carried.elsewhere)}")
    if not prune:
        lines += [f"not on Heroku any more: {text}; `homeport import --prune` removes it" for text in carried.gone]
    return tuple(lines)


def _lasting(file: Path, wanted: Wanted) -> tuple[str | None, str | None]:
    """Name and region: once they are set they stay, because another name is another platform to AWS."""
    found = []
    for option, asked, present in zip(
        ("name", "region"), (wanted.name, wanted.region), read_settings(file), strict=True
    ):
        if asked and present and asked != present:
            raise HomeportError(
                f"--{option}: {file} has `{option}: {present}`, and an import does not change it",
                f"if nothing of it is in AWS yet, write `{option}: {asked}` into {file.name}; then import again",
            )
        found.append(present or asked)
    return found[0], found[1]
