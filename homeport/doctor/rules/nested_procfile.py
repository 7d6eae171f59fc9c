"""A process that starts several others with honcho or foreman."""

import re
from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "nested-procfile",
    "Several programs in one task share its memory, stop together, and cannot be scaled apart; on ECS a task is cheap "
    "enough for one each.",
)
STARTER = re.compile(r"\b(honcho|foreman)\b.*\bstart\b")


def find(project: Project) -> Iterator[Finding]:
    for command in project.commands:
        if found := STARTER.search(command.text):
            todo = "write each of its processes as a line of the Procfile; `web` is the one that answers on $PORT"
            yield RULE.on(command, f"{found[1]} starts several processes in one task", todo)
