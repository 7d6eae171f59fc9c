"""`homeport import`: a Heroku team, or checkouts of its code, as homeport.yml; a report on everything that was read."""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from homeport.cli.config_values import secrets_file
from homeport.cli.deployed import find_deployed
from homeport.cli.import_files import KEPT, REPORT_NAME, Prepared, check_writable, write, write_report
from homeport.cli.import_plan import Plan, Wanted, plan_import
from homeport.cli.output import progress_console
from homeport.errors import HomeportError
from homeport.heroku.convert.vendors import SCHEDULER, find_vendor
from homeport.heroku.memory import Scope
from homeport.heroku.records import AddOn, App, Inventory, Job, Record
from homeport.heroku.report import CHANGED, NOT_MOVED, Finding, Report, count, report_json
from homeport.local.home import cache_root
from homeport.model.platform import Platform

SHOWN_MAX, PLACES_MAX = 20, 5
DIALOGUE = "Heroku's API does not know the jobs of Scheduler. Copy them from `heroku addons:open scheduler`."


@dataclass(frozen=True)
class Options:
    """What was typed."""

    paths: tuple[Path, ...]
    team: str | None
    apps: tuple[str, ...]
    live: bool
    jobs: Path | None
    name: str | None
    region: str | None
    prune: bool
    dry_run: bool
    as_json: bool

    @property
    def is_live(self) -> bool:
        return bool(self.live or self.team or self.apps or not self.paths)


@click.command("import")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--team", help="Read this team on Heroku.")
@click.option("--app", "apps", multiple=True, help="Read this app on Heroku; may be given several times.")
@click.option("--live", is_flag=True, help="Read Heroku too, although a PATH is given.")
@click.option("--jobs", type=click.Path(path_type=Path), help="Jobs of Heroku's Scheduler: a list in YAML, or pasted.")
@click.option("--name", help="Name of the platform; default: the team's.")
@click.option("--region", help="AWS region; default: the one in which most apps run.")
@click.option("--prune", is_flag=True, help="Remove what Heroku does not have any more.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def import_(file: Path, /, **options: Any) -> None:
    """Write homeport.yml for a team on Heroku, or for checkouts of its code.

    Without a PATH, Heroku is asked for everything that your token may see; nothing is changed there. A PATH is a
    checkout, one of its files, Terraform with `heroku_*` resources, or captured answers of `heroku … --json`.

    Importing again merges: what you edited stays, and so does what was not asked for or could not be read. Values of
    config go to a file outside of the repository.
    """
    chosen = Options(**options)
    check_writable(file)
    secrets = secrets_file(file, os.environ, Path.home())
    wanted = Wanted(
        read_all(file, chosen),
        _scope(chosen),
        name=chosen.name,
        region=chosen.region,
        examine=partial(examine_checkouts, chosen.paths, file.parent) if chosen.paths else None,
    )
    plan = plan_import(file, secrets, wanted, prune=chosen.prune)
    if plan.held and sys.stdin.isatty() and not (chosen.dry_run or chosen.as_json):
        question = f"Not on Heroku any more: {', '.join(plan.held)}. Remove them from {file.name}?"
        if click.confirm(question, err=True):
            plan = plan_import(file, secrets, wanted, prune=True)
    finish(file, plan, dry_run=chosen.dry_run, as_json=chosen.as_json)


def _scope(options: Options) -> Scope:
    labels = _labels(list(dict.fromkeys(options.paths)))
    return Scope(options.is_live, options.team or "", frozenset(options.apps), frozenset(labels.values()))


def read_all(file: Path, options: Options) -> Inventory:
    """Paths, Heroku and jobs, as far as they are asked for."""
    inventory = read_paths(options.paths, file.parent)
    if options.is_live:
        inventory += read_heroku(options.team, options.apps)
    if options.jobs:
        return inventory + read_jobs(options.jobs)
    return inventory + ask_jobs(inventory) if not options.as_json and sys.stdin.isatty() else inventory


def finish(file: Path, plan: Plan, *, dry_run: bool = False, as_json: bool = False) -> None:
    """Write and tell."""
    prepared, report = plan.prepared, plan.report
    if not plan.converted.folders:
        if not dry_run:
            write_report(file, prepared)
        raise HomeportError(
            f"{file}: nothing was written but {REPORT_NAME}: nothing that was read becomes a service",
            _first_step(report),
        )
    changed = [] if dry_run else write(prepared)
    if as_json:
        click.echo(json.dumps(report_document(prepared, report, changed), indent=2))
    elif dry_run:
        click.echo(prepared.texts[file], nl=False)
        click.echo("nothing was written", err=True)
    else:
        click.echo("\n".join(summary(prepared, report, changed)))


def _first_step(report: Report) -> str:
    """What a person can do about an import without a service."""
    proposed = next((doubt.text for doubt in report.doubts if "write a Procfile" in doubt.text), "")
    return proposed or next((entry.todo for entry in report.not_moved if entry.todo), "give a checkout with a Procfile")


def read_paths(paths: Iterable[Path], folder: Path) -> Inventory:
    """Checkouts and other files; folders of code as homeport.yml names them, relative to itself."""
    inventory = Inventory()
    missing = [f"{path}: does not exist" for path in paths if not path.exists()]
    if missing:
        raise HomeportError("\n".join(missing), "name the folder of a checkout")
    labels = _labels(list(dict.fromkeys(paths)))
    for path in labels:
        from homeport.heroku.files.read import read_path

        inventory += read_path(path, labels[path])
    records = tuple(_relative(record, folder) for record in inventory.records)
    return replace(inventory, records=records)


def examine_checkouts(paths: Iterable[Path], root: Path, platform: Platform) -> Iterator[Finding]:
    """What `homeport doctor` finds in checkouts of Django projects, notes left out, one finding for each rule.

    What homeport.yml sets is no finding. Places are relative to `root`: the report is committed.
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place, text, todo in _examined(paths, root, platform):
        found[text, todo].append(place)
    for (text, todo), places in found.items():
        more = f" and {len(places) - PLACES_MAX} more" if len(places) > PLACES_MAX else ""
        yield Finding(", ".join(places[:PLACES_MAX]) + more, text, todo)


def _examined(paths: Iterable[Path], root: Path, platform: Platform) -> Iterator[tuple[str, str, str]]:
    from homeport.doctor.examine import examine

    for folder in dict.fromkeys(path for path in paths if path.is_dir()):
        if any(folder.glob("manage.py")) or any(folder.glob("*/manage.py")):
            for found in examine(folder, find_deployed(platform, root, folder)):
                if found.severity != "note":
                    yield f"{shown_path(folder, root)}/{found.place}", f"{found.title}: {found.why}", found.todo


def _labels(paths: list[Path]) -> dict[Path, str]:
    """What each checkout is called: its folder's name, and where two have the same one, its parent's before it."""
    folders = {path: path.resolve() if path.is_dir() else path.resolve().parent for path in paths}
    named = Counter(folder.name for folder in set(folders.values()))
    return {
        path: folder.name if named[folder.name] == 1 else f"{folder.parent.name}-{folder.name}"
        for path, folder in folders.items()
    }


def read_heroku(team: str | None, apps: tuple[str, ...]) -> Inventory:
    """Everything of the selection that the token may see, with the calls that are left on stderr."""
    from homeport.heroku.api.hosts import find_hosts
    from homeport.heroku.api.read import read_live
    from homeport.heroku.api.selection import Selection
    from homeport.heroku.api.token import find_token

    hosts = find_hosts(os.environ)
    token = find_token(os.environ, Path.home() / ".netrc")
    for warning in token.warnings:
        click.echo(f"warning: {warning}", err=True)
    last: list[str] = []
    with progress_console.status("asking Heroku") as status:

        def show(progress: Any) -> None:
            expected = f" of {progress.calls_expected} at most" if progress.calls_expected else ""
            last[:] = [f"{progress.calls_made} calls{expected}, {progress.calls_left} left this hour"]
            waiting = f"; waited {progress.waited_seconds:.0f} s" if progress.waited_seconds else ""
            status.update(f"{progress.text} ({last[0]}{waiting})")

        def ask_code() -> str:
            status.stop()
            code = str(click.prompt("Two-factor code", err=True))
            status.start()
            return code

        ask = ask_code if sys.stdin.isatty() else None
        selection = Selection(team=team, apps=apps)
        found = read_live(
            selection, token=token.value, home=cache_root(), progress=show, ask_two_factor=ask, hosts=hosts
        )
    click.echo(f"read {sum(1 for _ in found.of(App))} apps from Heroku: {', '.join(last)}", err=True)
    return found


def read_jobs(file: Path) -> Inventory:
    """Jobs of Heroku's Scheduler from a file."""
    from homeport.heroku.files.findings import Place
    from homeport.heroku.files.jobs import parse_jobs

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HomeportError(f"{file}: cannot be read: {error}", "a list of {command, schedule, app}") from None
    return parse_jobs(text, Place(str(file), ""))


def ask_jobs(inventory: Inventory, prompt: Callable[[str], str] | None = None) -> Inventory:
    """Ask a person for the jobs of each app with a scheduler; an empty answer goes on."""
    ask = prompt or (lambda text: str(click.prompt(text, default="", show_default=False, err=True)))
    known = {job.app for job in inventory.of(Job) if not job.is_inferred}
    scheduled = {addon.app for addon in inventory.of(AddOn) if find_vendor(addon.service) is SCHEDULER}
    found: list[Record] = []
    for app in sorted(scheduled - known):
        if not found:
            click.echo(DIALOGUE, err=True)
        seen = sorted({job.command for job in inventory.of(Job, app)})
        click.echo(f"{app}: seen running: {', '.join(seen) or 'none'}", err=True)
        found += _ask_app(app, ask)
    return Inventory(records=tuple(found))


def _ask_app(app: str, ask: Callable[[str], str]) -> Iterator[Record]:
    number = 1
    while command := ask(f"{app}: command of job {number} (empty: no more)").strip():
        schedule = ask("  when (`10 minutes`, `hourly at :30`, `daily at 03:00`)").strip()
        yield Job(origin=f"typed: {app}, job {number}", app=app, command=command, schedule=schedule)
        number += 1


def _relative(record: Record, folder: Path) -> Record:
    if not isinstance(record, App) or not record.folder:
        return record
    return replace(record, folder=shown_path(Path(record.folder), folder))


def shown_path(path: Path, root: Path) -> str:
    """A path as the files say it that are committed: relative to homeport.yml."""
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive
        return str(path)


def summary(prepared: Prepared, report: Report, changed: list[Path]) -> list[str]:
    """Lines that say what was done, what differs, and what comes next."""
    lists = report.lists()
    lines = ["; ".join(f"{count(entries)} {name}" for name, entries in lists.items())]
    lines += [f"{len(report.unreadable)} things could not be read"] if report.unreadable else []
    lines += (
        [f"{len(report.findings)} things in the code break off Heroku: homeport doctor PATH"] if report.findings else []
    )
    written = [str(path) for path in changed if KEPT.parts[0] not in path.parts]
    lines.append(f"wrote {', '.join(written)}" if written else "nothing changed since the last import")
    if prepared.values is not None:
        names = sum(len(names) for services in prepared.values["config"].values() for names in services.values())
        lines.append(f"values of {names} config vars are in {prepared.secrets}, which only you may read")
    lines += _differences("changed after Heroku", prepared.applied)
    lines += _differences("kept as you have it", prepared.kept)
    lines += _differences("kept until somebody says that it may go", prepared.held)
    lines += (
        ["kept from earlier imports:", *(f"  {text}" for text in report.remembered[:SHOWN_MAX])]
        if report.remembered
        else []
    )
    for name in (NOT_MOVED, CHANGED):
        titles = [entry.title for entry in lists[name]]
        lines += ["", f"{name}:", *(f"  {title}" for title in titles[:SHOWN_MAX])] if titles else []
        lines += [f"  and {len(titles) - SHOWN_MAX} more"] if len(titles) > SHOWN_MAX else []
    lines += ["", "next, with the reasons in import-report.md:"]
    return [*lines, *(f"  {number}. {step}" for number, step in enumerate(report.next_steps, start=1))]


def _differences(title: str, found: list[tuple[Path, Any]]) -> list[str]:
    lines = [f"  {path.name}: {difference.path}: {difference.text}" for path, difference in found[:SHOWN_MAX]]
    more = [f"  and {len(found) - SHOWN_MAX} more"] if len(found) > SHOWN_MAX else []
    return [f"{title}:", *lines, *more] if found else []


def report_document(prepared: Prepared, report: Report, changed: list[Path]) -> dict[str, Any]:
    """The report with what was written and merged; no value of config is in it."""
    return {
        **report_json(report),
        "written": [str(path) for path in changed],
        "secrets": str(prepared.secrets) if prepared.values is not None else None,
        "applied": [{"file": str(p), "path": d.path, "text": d.text} for p, d in prepared.applied],
        "kept": [{"file": str(p), "path": d.path, "text": d.text} for p, d in prepared.kept],
        "held": [{"file": str(p), "path": d.path, "text": d.text} for p, d in prepared.held],
    }
