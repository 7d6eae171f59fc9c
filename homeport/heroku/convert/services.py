"""Process types, formation and measured traffic → processes with commands, sizes and scales; the release phase."""

import math
import re
from collections.abc import Iterator, Mapping
from statistics import median

from homeport.heroku.convert import sizes
from homeport.heroku.convert.commands import clean_command, find_check
from homeport.heroku.convert.draft import Member, ProcessDraft, ServiceDraft, Size, first_environment
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.schedules import decide_schedules
from homeport.heroku.convert.slugs import slug
from homeport.heroku.records import App, Autoscale, DynoSize, Process, PythonVersion, Repository, Traffic
from homeport.model.parts import PYTHONS

RELEASE = "release"
SINGLE = re.compile(r"\bcelery\b.*(\s-B\b|\s--beat\b|\sbeat\b)|\b(clock|celerybeat|apscheduler|rqscheduler)\b")
TASKS_MAX = 500
UNKNOWN_NUMBER, UNKNOWN = "number not known: one is assumed", "how many ran is not known; one is assumed"
# which of several files that name a version Heroku's buildpack believes, best first
VERSION_FILES = ("runtime.txt", ".python-version", "Pipfile.lock")


def decide_service(records: Records, name: str, title: str, members: tuple[Member, ...]) -> ServiceDraft:
    """A service with everything of it that concerns code; `members` are its apps and checkouts."""
    live = {member.environment: member.app for member in members if member.environment}
    checkouts = [member.app for member in members if member.is_checkout]
    ordered = [live[first_environment(live)]] if live else []
    ordered += [app for app in live.values() if app not in ordered] + [app for app in checkouts if app not in ordered]
    release = find_command(records, ordered, RELEASE)[0]
    processes = tuple(_processes(records, ordered, live))
    return ServiceDraft(
        name=name,
        title=title,
        path=_path(records, ordered, name),
        repository=_repository(records, ordered, title),
        processes=processes,
        schedules=decide_schedules(records, members, {RELEASE, *(process.name for process in processes)}),
        release=clean_command(release),
        release_check=find_check(RELEASE, release),
        python=_python(records, ordered),
        members=members,
    )


def find_command(records: Records, apps: list[str], type_: str) -> tuple[str, str]:
    """Command and origin of a process type: of the slug, then the Procfile, heroku.yml, and the formation."""
    found = [
        (rank, process.command.strip(), process.origin)
        for index, app in enumerate(apps)
        for process in records.of(Process, app)
        if process.type == type_ and process.command.strip()
        for rank in [(*_rank(records, process), index)]
    ]
    return min(found)[1:] if found else ("", "")


def formation_origin(app: str, type_: str) -> str:
    return f"api: apps/{app}/formation/{type_}"


def is_single(command: str) -> bool:
    """Whether two of it would do the work twice: celery's beat and other clocks."""
    return bool(SINGLE.search(command))


def python_version(version: str) -> str:
    """`3.11.9` → `3.11`; the nearest version that Homeport builds, empty if there is none to read."""
    match = re.search(r"(\d+)\.(\d+)", version)
    if not match:
        return ""
    wanted = (int(match[1]), int(match[2]))
    offered = [tuple(map(int, known.split("."))) for known in PYTHONS]
    nearest = min(max(wanted, offered[0]), offered[-1])
    return ".".join(map(str, nearest))


def _rank(records: Records, process: Process) -> tuple[int, ...]:
    in_checkout = process.app in records.checkouts
    if process.quantity is not None or process.size:
        return (3,)
    if not in_checkout:
        return (0,)
    return (2,) if "heroku.yml" in process.origin else (1,)


def _path(records: Records, apps: list[str], name: str) -> str:
    """The folder of a checkout, else one of the service's name, where the code is to be cloned."""
    folders = [record.folder for app in apps for record in records.of(App, app) if record.folder]
    return folders[0] if folders else name


def _repository(records: Records, apps: list[str], title: str) -> str:
    own = [repository.url for app in apps for repository in records.of(Repository, app)]
    pipeline = title.removeprefix("pipeline ")
    shared = [r.url for r in records.of(Repository, "") if f"pipelines/{pipeline}/" in f"{r.origin}/"]
    return next(iter([*own, *shared]), "")


def _python(records: Records, apps: list[str]) -> str:
    found = [
        (_file_rank(version.origin), index, version.origin, version.version)
        for index, app in enumerate(apps)
        for version in records.of(PythonVersion, app)
        if python_version(version.version)
    ]
    return python_version(min(found)[3]) if found else ""


def _file_rank(origin: str) -> int:
    return next((rank for rank, name in enumerate(VERSION_FILES) if name in origin), len(VERSION_FILES))


def _processes(records: Records, apps: list[str], live: Mapping[str, str]) -> Iterator[ProcessDraft]:
    types = sorted({process.type for app in apps for process in records.of(Process, app)} - {RELEASE})
    taken: set[str] = {RELEASE}
    for type_ in sorted(types, key=lambda type_: (type_ != "web", type_)):
        command, origin = find_command(records, apps, type_)
        if not clean_command(command).strip():
            continue
        name = _process_name(type_, taken)
        note = f"is called {name} here" if name != type_ else ""
        found = {where: _size(records, app, type_, command) for where, app in live.items()}
        yield ProcessDraft(name, type_, clean_command(command), origin, note, found, find_check(type_, command))


def _process_name(type_: str, taken: set[str]) -> str:
    name = slug(type_, "process")
    number = 2
    while name in taken:
        name = f"{slug(type_, 'process', 20)}-{number}"
        number += 1
    taken.add(name)
    return name


def _size(records: Records, app: str, type_: str, command: str) -> Size:
    """Size and scale of a process after the formation of one app."""
    declared = [p for p in records.of(Process, app) if p.type == type_ and (p.quantity is not None or p.size)]
    formation = next(iter(declared), None)
    if formation is None:
        if app in records.checkouts:
            return Size(source=UNKNOWN_NUMBER, note=UNKNOWN)
        if records.is_hidden(formation_origin(app, type_), app):
            return Size(source=f"{app}: {UNKNOWN_NUMBER}", note=UNKNOWN)
        return Size(min=0, source=f"{app}: not running", average=0)
    cpu, memory, note = sizes.fargate_size(formation.size, records.of(DynoSize))
    quantity = min(TASKS_MAX, formation.quantity if formation.quantity is not None else 1)
    at_least, at_most, scaled = _scale(records, app, type_, max(0, quantity))
    source = f"{app}: {quantity} x {formation.size or 'a dyno of unknown size'}"
    if is_single(command) and at_most > 1:
        at_least, at_most, scaled = 1, 1, "has a clock in it: two would do its work twice, so that one task runs"
    notes = "; ".join(filter(None, [note, scaled]))
    return Size(cpu, memory, at_least, max(1, at_most), source, notes, float(max(0, quantity)))


def _scale(records: Records, app: str, type_: str, quantity: int) -> tuple[int, int, str]:
    """Least and most tasks, and what changes."""
    monitors = [m for m in records.of(Autoscale, app) if m.type == type_ and m.is_active]
    if monitors:
        least = min(TASKS_MAX, max(0, monitors[0].min))
        most = min(TASKS_MAX, max(1, least, monitors[0].max))
        return least, most, "scales by CPU (60 %); Heroku scaled by the 95th percentile of response times"
    busy = _busy_share(records, app, type_)
    if quantity > 2 and busy is not None:
        least = max(2, math.ceil(quantity * busy))
        if least < quantity:
            told = f"{busy:.0%} of the peak's requests are usual, as measured: {least} tasks run, {quantity} at most"
            return least, quantity, told
    return quantity, quantity, ""


def _busy_share(records: Records, app: str, type_: str) -> float | None:
    """Median of the measured requests as a share of their peak."""
    for traffic in records.of(Traffic, app):
        if traffic.type == type_ and traffic.requests and max(traffic.requests) > 0:
            return median(traffic.requests) / max(traffic.requests)
    return None
