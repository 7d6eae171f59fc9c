"""Jobs of Heroku's Scheduler → schedules in EventBridge's grammar: `daily at 03:00` → `cron(0 3 * * ? *)`."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from homeport.heroku.convert import sizes
from homeport.heroku.convert.commands import clean_command, find_check
from homeport.heroku.convert.draft import Member, ScheduleDraft, Size
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.slugs import NAME_MAX, slug
from homeport.heroku.records import DynoSize, Job
from homeport.model.schedules import find_schedule_problem

EVERY = re.compile(r"^(?:every\s+)?(\d+)\s*(?:minutes?|min|m)$")
HOURLY = re.compile(r"^(?:hourly|every hour)(?:\s+at)?\s*:?(\d{1,2})?$")
DAILY = re.compile(r"^(?:daily|every day)(?:\s+at)?\s*(\d{1,2}):(\d{2})(?:\s*(am|pm))?(?:\s*utc)?$")
CRON = re.compile(r"^(\S+) (\S+) (\S+) (\S+) (\S+)$")
# what a command is called after: what manage.py does, a module, or else a script
WORDS = (
    re.compile(r"manage\.py\s+(?:-\S+\s+)*([A-Za-z]\w*)"),
    re.compile(r"\s-m\s+(?:\w+\.)*(\w+)"),
    re.compile(r"(?:^|\s)(?!\S*=)(?!(?:ba|z)?sh\b|python|env\b|exec\b|cd\b|-)(?:\S*/)?([A-Za-z][\w-]*)"),
)


def decide_schedules(records: Records, members: tuple[Member, ...], taken: set[str]) -> tuple[ScheduleDraft, ...]:
    """The jobs of a service's apps; the same command in several of them is one schedule. `taken` are names."""
    taken, found = set(taken), []
    for (command, _), jobs in sorted(_together(records, members).items()):
        name = name_of(command, taken)
        taken.add(name)
        found.append(
            ScheduleDraft(
                name=name,
                command=clean_command(command),
                jobs=tuple(job.origin for jobs_there in jobs.values() for job in jobs_there),
                when={where: _first(schedule_of(job.schedule) for job in there) for where, there in jobs.items()},
                sizes={where: _size(records, there) for where, there in jobs.items()},
                check=find_check(name, command),
            )
        )
    return tuple(found)


def name_of(command: str, taken: Collection[str]) -> str:
    """A name for what a command does, such as `clearsessions`, that is not taken."""
    word = _first(match[1] for pattern in WORDS if (match := pattern.search(command)))
    wish = slug(word or "job", "job")
    return next(name for name in _numbered(wish) if name not in taken)


def schedule_of(text: str) -> str:
    """EventBridge's expression; empty if the text says nothing that can be understood. Times are UTC, as on Heroku."""
    written = " ".join(text.lower().split())
    found = _expression(written)
    return found if found and not find_schedule_problem(found) else ""


def _expression(text: str) -> str:
    if match := EVERY.match(text):
        number = int(match[1][:9])
        return f"rate({number} minute{'s' if number > 1 else ''})"
    if match := HOURLY.match(text):
        return f"cron({int(match[1] or 0)} * * * ? *)"
    if match := DAILY.match(text):
        at = int(match[1]) % 12 + (12 if match[3] == "pm" else 0) if match[3] else int(match[1])
        return f"cron({int(match[2])} {at} * * ? *)"
    if match := CRON.match(text):
        minute, hour, day, month, weekday = match.groups()
        if weekday == "*":
            return f"cron({minute} {hour} {day} {month} ? *)"
        if day == "*":
            return f"cron({minute} {hour} ? {month} {_weekdays(weekday)} *)"
    return ""


def _weekdays(field: str) -> str:
    """Cron counts Sunday as 0 or 7, EventBridge as 1."""
    return re.sub(r"\d+", lambda match: str(int(match[0]) % 7 + 1), field) if "/" not in field else field.upper()


def _together(records: Records, members: tuple[Member, ...]) -> dict[tuple[str, int], dict[str, list[Job]]]:
    """By command and its number among equal ones of an app, by environment: jobs that are one schedule.

    A job that was only seen running is the one of its command that is known, if there is one.
    """
    together: dict[tuple[str, int], dict[str, list[Job]]] = defaultdict(lambda: defaultdict(list))
    for member in members:
        known: dict[str, list[str]] = defaultdict(list)
        for job in sorted(records.of(Job, member.app), key=lambda job: (job.is_inferred, job.schedule, job.origin)):
            command, whens = job.command.strip(), known[job.command.strip()]
            if not clean_command(command).strip():
                continue
            if not (job.is_inferred and whens) and job.schedule not in whens:
                whens.append(job.schedule)
            number = whens.index(job.schedule) if job.schedule in whens else 0
            together[command, number][member.environment].append(job)
    return together


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        end = f"-{number}"
        yield f"{name[: NAME_MAX - len(end)].rstrip('-')}{end}"
        number += 1


def _first(texts: Iterator[str]) -> str:
    return next(filter(None, texts), "")


def _size(records: Records, jobs: list[Job]) -> Size:
    named = _first(job.size for job in jobs)
    if not named:
        return Size()
    cpu, memory_mb, note = sizes.fargate_size(named, records.of(DynoSize))
    return Size(cpu, memory_mb, source=f"{named} on Heroku", note=note)
