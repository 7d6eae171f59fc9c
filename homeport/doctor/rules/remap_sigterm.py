"""REMAP_SIGTERM, with which celery drops its tasks at once when it is asked to stop."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "remap-sigterm",
    "With REMAP_SIGTERM=SIGQUIT celery throws running tasks away when it is stopped. Heroku left no more than 30 "
    "seconds; ECS asks by SIGTERM too, and waits as long as the service says, up to 120 seconds.",
)
TODO = "set `stop_timeout_seconds` of the process in homeport.yml to the time that a task takes, 120 at most"


def find(project: Project) -> Iterator[Finding]:
    for command in project.commands:
        for word in command.words:
            if word.text.startswith("REMAP_SIGTERM="):
                edit = command.remove(word.start, word.end)
                yield RULE.on(command, "celery drops running tasks at each release", TODO, edits=(edit,))
    environment = project.app_json.get("env")
    if isinstance(environment, dict) and "REMAP_SIGTERM" in environment:
        todo = f"do not take it over into the service's config; {TODO}"
        yield RULE.whole("app.json", "celery drops running tasks at each release", todo)
