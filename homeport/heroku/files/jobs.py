"""Heroku Scheduler's jobs → Job records: from a small YAML file, or from the text of its dashboard, pasted.

The Platform API does not know these jobs (https://devcenter.heroku.com/articles/scheduler). The file is a list of
`{command, schedule, size}`; a schedule is `every 10 minutes`, `hourly at :30`, `daily at 03:00` (UTC) or cron.
"""

import re
from dataclasses import dataclass

from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.tree import Node, items, text
from homeport.heroku.files.yaml_tree import parse_yaml
from homeport.heroku.records import Inventory, Job

JOBS_FILES = ("scheduler.yml", "scheduler.yaml", "scheduler.txt")
JOBS_MAX = 1_000
KEYS = {"command", "schedule", "size", "app"}
CRON = re.compile(r"(?:[\d*/,-]{1,40} ){2}[\dA-Za-z*/,?L#W-]{1,40} [\dA-Za-z*/,-]{1,40} [\dA-Za-z*/,?#L-]{1,40}")
MINUTES = re.compile(r"(?:every )?(\d{1,2}) ?min(?:ute)?s?")
HOURLY = re.compile(r"(?:hourly|every hour)(?: at)?(?: ?(?:\d{0,2}:|minute )(\d\d))?")
DAILY = re.compile(r"(?:daily|every day)(?: at)?(?: (\d{1,2})(?::(\d\d))?(?::\d\d)? ?(am|pm)?)?(?: ?utc)?")
SIZE = re.compile(
    r"(eco|basic|hobby|free|1x|2x|px|(standard|performance|private|shield)-[a-z0-9-]{1,10}|dyno-\d+c-\d[\d.]*gb)",
    re.IGNORECASE,
)
NOISE = re.compile(
    r"(job|command|frequency|dyno( size)?|size|schedule|next (due|run).*|last (run|due).*|never|add (new )?job.*"
    r"|edit|remove|run command|utc|[a-z]{3,9} \d{1,2}, \d{4}.*|\d{4}-\d\d-\d\d.*|\d\d?/\d\d?/\d{2,4}.*)",
    re.IGNORECASE,
)
CELLS = re.compile(r"\t+| {3,}|\s\|\s")


def parse_jobs(content: str, place: Place) -> Inventory:
    """Jobs of a list in YAML, or else of pasted text."""
    found = Findings(place)
    trial = Findings(place)
    root = parse_yaml(content, trial)
    jobs = root.find("jobs") or root
    if _is_list(jobs) or (place.path.endswith((".yml", ".yaml")) and isinstance(root.value, dict | list)):
        found = trial
        for index, item in enumerate(items(jobs, "jobs", found)):
            _item(index, item, found)
    else:
        for index, (number, draft) in enumerate(_pasted(content, found)):
            _keep(found, number, f"jobs[{index}]", draft, found.app)
    if not found.records:
        found.doubt(0, "has no job: expected a list of {command, schedule, size}")
    return found.inventory()


def read_schedule(written: str) -> str:
    """`10 minutes`, `hourly at :30`, `daily at 03:00` or cron, from how Scheduler or a person says it; else ""."""
    said = " ".join(written[:100].lower().replace("...", " ").split())
    if match := MINUTES.fullmatch(said):
        return f"{match[1]} minutes" if 60 % max(int(match[1]), 1) == 0 and int(match[1]) else ""
    if match := HOURLY.fullmatch(said):
        return f"hourly at :{match[1] or '00'}" if int(match[1] or 0) < 60 else ""
    if (match := DAILY.fullmatch(said)) and match[1]:
        return _daily(int(match[1]), int(match[2] or 0), match[3] or "")
    return " ".join(written.split()) if CRON.fullmatch(" ".join(written[:200].split())) else ""


def _is_list(jobs: Node) -> bool:
    return isinstance(jobs.value, list) and any(isinstance(item.value, dict) for item in jobs.value)


def _daily(hour: int, minute: int, half: str) -> str:
    if half and not 1 <= hour <= 12:
        return ""
    hour = hour % 12 + 12 * (half == "pm") if half else hour
    return f"daily at {hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


def _item(index: int, node: Node, found: Findings) -> None:
    if not isinstance(node.value, dict):
        found.doubt(node.line, f"a job is {node.kind}, where {{command, schedule, size}} is expected; it is left out")
        return
    for key, value in node.value.items():
        if key not in KEYS:
            found.doubt(value.line, f"{key[:60]} is no key of a job; it is left out")
    command = text(node.find("command"), "command", found).strip()
    if not command:
        found.doubt(node.line, "a job has no command; it is left out")
        return
    written = text(node.find("schedule"), "schedule", found)
    app = text(node.find("app"), "app", found) or found.app
    _keep(found, node.line, f"jobs[{index}]", Draft(command, written, text(node.find("size"), "size", found)), app)


@dataclass
class Draft:
    """A job while its cells are read."""

    command: str
    schedule: str = ""
    size: str = ""


def _keep(found: Findings, line: int, what: str, job: Draft, app: str) -> None:
    schedule = read_schedule(job.schedule)
    if not schedule:
        said = "has no schedule" if not job.schedule else "has a schedule that is not understood"
        found.doubt(line, f"{what} {said}; expected `every 10 minutes`, `hourly at :30`, `daily at 03:00` or cron")
    found.records.append(
        Job(origin=found.at(line, what), app=app, command=job.command, schedule=schedule, size=job.size)
    )


def _pasted(content: str, found: Findings) -> list[tuple[int, Draft]]:
    """Each cell is a size, a schedule, something known to be no command, or a command, which begins the next job."""
    drafts: list[tuple[int, Draft]] = []
    for number, line in enumerate(content.split("\n"), start=1):
        for cell in CELLS.split(line):
            cell = cell.strip()
            if not cell or cell.startswith("#") or NOISE.fullmatch(cell[:200]):
                continue
            if drafts and SIZE.fullmatch(cell):
                drafts[-1][1].size = cell
            elif drafts and not drafts[-1][1].schedule and read_schedule(cell):
                drafts[-1][1].schedule = cell
            elif _is_command(cell):
                if len(drafts) == JOBS_MAX:
                    found.doubt(number, f"there are more than {JOBS_MAX} jobs; the first were read")
                    return drafts
                drafts.append((number, Draft(cell.removeprefix("$").strip())))
            else:
                found.doubt(number, "is neither a command nor a schedule; it is left out")
    return drafts


def _is_command(cell: str) -> bool:
    return bool(re.match(r"(\$\s*)?[A-Za-z0-9_./~\"'(]", cell)) and not read_schedule(cell)
