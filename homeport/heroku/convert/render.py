"""A Draft → the text of homeport.yml, with comments that say where each thing comes from and what to check."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

import yaml

from homeport.heroku.convert.domains import ROUTES
from homeport.heroku.convert.draft import (
    CACHES,
    DATABASES,
    DataDraft,
    Draft,
    ProcessDraft,
    ScheduleDraft,
    ServiceDraft,
    Size,
    first_environment,
)

COMMENT_COLUMN, WIDTH = 34, 120
# Not numbers that AWS gives out: `homeport plan` fails on them before it reaches any account.
ACCOUNTS = {"prod": "000000000001", "stage": "000000000002", "dev": "000000000003"}
ABSENT = Size(min=0, max=1, source="has no app here on Heroku")
UNKNOWN_SCHEDULE = "rate(1 day)"
UNKNOWN_WHEN = "CHECK: Heroku did not say when it is due; put that here, and take `enabled: false` away"
HEADER = """\
# What the Heroku team became. `homeport import` wrote it, and it is yours from now on: importing again merges, and
# keeps what you changed. What moved, what changed and what did not move, and why: import-report.md
"""


def render_platform(draft: Draft) -> str:
    """Text that `homeport check` accepts once the folders of the services exist."""
    lines = [
        *HEADER.splitlines(),
        f"name: {draft.name}",
        f"region: {draft.region}",
        _commented(f"python: {_text(draft.python)}", "of services that do not say theirs"),
    ]
    if draft.services:
        lines += ["", "services:"]
        for service in draft.services:
            lines += _service(draft, service)
    for kind in (DATABASES, CACHES):
        parts = list(draft.of_kind(kind))
        if parts:
            lines += ["", f"{kind}:", *(line for part in parts for line in _data(part))]
    if draft.sender:
        lines += ["", "mail:", _commented(f"  sender: {_text(draft.sender)}", "of app.json; verified in SES")]
    if draft.environments:
        lines += ["", _commented("environments:", "each is an AWS account of its own"), "  local: {}"]
        for environment in reversed(draft.environments):
            lines += _environment(draft, environment)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def common_size(process: ProcessDraft) -> Size:
    """What a process is wherever nothing else is said, on this machine too: small, and one if any runs at all."""
    first = first_environment(process.sizes)
    runs = not first or process.sizes[first].min > 0
    return Size(min=1 if runs else 0)


def common_uses(draft: Draft, service: ServiceDraft) -> tuple[str, ...]:
    return draft.uses(service.name, first_environment(service.apps()))


def plain(text: str) -> str:
    """Text for a comment: on one line, printable."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))


def _service(draft: Draft, service: ServiceDraft) -> Iterator[str]:
    apps = ", ".join(f"{app} ({environment})" for environment, app in service.apps().items())
    yield _commented(f"  {service.name}:", f"{service.title}: {apps}" if apps else service.title)
    clone = f"git clone {service.repository} here" if service.repository else "the code goes here"
    is_here = any(member.is_checkout for member in service.members)
    yield _commented(f"    path: {_text(service.path)}", "" if is_here else clone)
    if service.python and service.python != draft.python:
        yield f"    python: {_text(service.python)}"
    if service.release:
        yield _commented(f"    release: {_text(service.release)}", service.release_check)
    yield "    processes:"
    for process in service.processes:
        yield from _process(process)
    if service.schedules:
        yield "    schedules:"
        yield from (line for schedule in service.schedules for line in _schedule(schedule))
    if service.has_web:
        yield _commented("    health: /healthz", "check: it must answer 200; Heroku asked for nothing")
        yield "    routes:"
        yield from (f"      - {_text(route)}" for route in ROUTES)
        there = ", ".join(
            environment for environment in draft.environments if draft.domains[service.name].get(environment)
        )
        names = f"names: below `environments`, in {there}" if there else "no names of its own on Heroku"
        yield _commented("    domains: []", f"an API of its own; {names}")
    uses = common_uses(draft, service)
    if uses:
        yield f"    uses: [{', '.join(uses)}]"
    yield from _settings(draft, service)


def _process(process: ProcessDraft) -> Iterator[str]:
    yield _commented(f"      {process.name}:", f"{process.origin}{'; ' + process.note if process.note else ''}")
    yield _commented(f"        command: {_text(process.command)}", process.check)
    if not common_size(process).min:
        yield _commented("        scale: {min: 0, max: 1}", "not running on Heroku")


def _schedule(schedule: ScheduleDraft) -> Iterator[str]:
    yield _commented(f"      {schedule.name}:", ", ".join(schedule.jobs))
    when = schedule.common or UNKNOWN_SCHEDULE
    yield _commented(f"        schedule: {_text(when)}", "" if schedule.common else UNKNOWN_WHEN)
    yield _commented(f"        command: {_text(schedule.command)}", schedule.check)
    if not schedule.common:
        yield "        enabled: false"


def _settings(draft: Draft, service: ServiceDraft) -> Iterator[str]:
    by_environment = draft.settings.get(service.name, {})
    settings = by_environment.get(first_environment(service.apps()), {})
    if settings:
        yield _commented("    environment:", "as Heroku's Python buildpack set it by itself")
        yield from (f"      {name}: {_text(value)}" for name, value in sorted(settings.items()))
    names = sorted({name for names in draft.secrets.get(service.name, {}).values() for name in names})
    if names:
        yield from _block(f"config, values in the secrets file: {', '.join(names)}", "    ")


def _data(part: DataDraft) -> Iterator[str]:
    first = first_environment(part.settings)
    version = part.settings[first].get("version")
    settings = [f"version: {_text(str(version))}"] if version else []
    if part.extensions:
        settings.append(f"extensions: [{', '.join(map(_text, part.extensions))}]")
    known = "; version not known: check it" if part.kind == DATABASES and not version else ""
    yield _commented(f"  {part.name}: {{{', '.join(settings)}}}", f"{part.sources[first]}{known}")


def _environment(draft: Draft, environment: str) -> Iterator[str]:
    yield f"  {environment}:"
    account = f'    account: "{ACCOUNTS[environment]}"'
    yield _commented(account, "not an account yet: put the 12 digits of yours here")
    if environment in draft.high:
        yield _commented("    availability: high", "Heroku kept a standby of a database; here all get one")
    services = [line for service in draft.services for line in _overrides(draft, service, environment)]
    if services:
        yield "    services:"
        yield from services
    for kind in (DATABASES, CACHES):
        lines = [line for part in draft.of_kind(kind) for line in _data_override(part, environment)]
        if lines:
            yield f"    {kind}:"
            yield from lines


def _overrides(draft: Draft, service: ServiceDraft, environment: str) -> Iterator[str]:
    is_here = environment in service.apps()
    lines = [line for process in service.processes for line in _process_override(process, environment)]
    if lines:
        lines.insert(0, "        processes:")
    clocked = [line for schedule in service.schedules for line in _schedule_override(schedule, environment)]
    lines += ["        schedules:", *clocked] if clocked else []
    if domains := draft.domains[service.name].get(environment):
        lines.append(f"        domains: [{', '.join(map(_text, domains))}]")
    uses = draft.uses(service.name, environment)
    if is_here and uses != common_uses(draft, service):
        lines.append(f"        uses: [{', '.join(uses)}]")
    settings = _differing(draft, service, environment)
    if settings:
        lines.append("        environment:")
        lines += [f"          {name}: {_text(value)}" for name, value in sorted(settings.items())]
    if lines:
        yield f"      {service.name}:"
        yield from lines


def _differing(draft: Draft, service: ServiceDraft, environment: str) -> Mapping[str, str]:
    by_environment = draft.settings.get(service.name, {})
    common = by_environment.get(first_environment(service.apps()), {})
    here = by_environment.get(environment, {})
    return {name: value for name, value in here.items() if common.get(name) != value}


def _process_override(process: ProcessDraft, environment: str) -> Iterator[str]:
    common = common_size(process)
    size = process.sizes.get(environment, ABSENT)
    settings = [
        f"{key}: {getattr(size, key)}" for key in ("cpu", "memory_mb") if getattr(size, key) != getattr(common, key)
    ]
    if (size.min, size.max) != (common.min, common.max):
        settings.append(f"scale: {{min: {size.min}, max: {size.max}}}")
    if settings:
        yield _commented(f"          {process.name}: {{{', '.join(settings)}}}", size.source)


def _schedule_override(schedule: ScheduleDraft, environment: str) -> Iterator[str]:
    """What is different there: another time, another size, or no such job."""
    when, size = schedule.in_environment(environment), schedule.sizes.get(environment, Size())
    settings = [
        f"{key}: {getattr(size, key)}" for key in ("cpu", "memory_mb") if getattr(size, key) != getattr(Size(), key)
    ]
    if when and when != schedule.common:
        settings.append(f"schedule: {_text(when)}")
    if schedule.common and not when:
        settings.append("enabled: false")
    source = "has no such job on Heroku" if when is None else size.source
    if settings:
        yield _commented(f"          {schedule.name}: {{{', '.join(settings)}}}", source)


def _data_override(part: DataDraft, environment: str) -> Iterator[str]:
    first = first_environment(part.settings)
    if environment not in part.settings:
        return
    here, common = part.settings[environment], part.settings[first]
    settings = [f"size: {here['size']}"]
    if "storage_gb" in here:
        settings.append(f"storage_gb: {here['storage_gb']}")
    if here.get("replicas"):
        settings.append(f"replicas: {here['replicas']}")
    if here.get("version", common.get("version")) != common.get("version"):
        settings.append(f"version: {_text(str(here['version']))}")
    yield _commented(f"      {part.name}: {{{', '.join(settings)}}}", part.sources[environment])


def _commented(line: str, comment: str) -> str:
    """A line with a comment after it; beside a long line it says less, but stays on it."""
    return f"{line.ljust(COMMENT_COLUMN)} # {plain(comment)}" if comment else line


def _block(comment: str, indent: str) -> Sequence[str]:
    width = WIDTH - len(indent) - 2
    return [f"{indent}# {line}" for line in textwrap.wrap(plain(comment), width, break_on_hyphens=False)]


def _text(value: str) -> str:
    """A YAML scalar: plain where that is safe, else in double quotes with every odd character escaped."""
    is_plain = value[:1].isalpha() and all(c.isascii() and (c.isalnum() or c in " ./_-") for c in value)
    if is_plain and value == value.strip() and value.lower() not in ("null", "true", "false", "yes", "no", "on", "off"):
        return value
    quoted: str = yaml.dump(value, default_style='"', allow_unicode=False, width=float("inf"))
    return quoted.rstrip("\n")
