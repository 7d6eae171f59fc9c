"""The wrapper newrelic-admin, which reads its config from variables that an add-on set."""

from collections.abc import Iterator

from homeport.doctor.commands import Word
from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "newrelic",
    "The add-on set NEW_RELIC_LICENSE_KEY and the application's name. The wrapper works everywhere, but without a "
    "key it reports nothing, and says so only in a log line.",
)


def find(project: Project) -> Iterator[Finding]:
    for command in project.commands:
        word = command.program("newrelic-admin")
        if word is None:
            continue
        if project.packages and not project.requires("newrelic"):
            title = "newrelic-admin is not in the requirements"
            edit = command.remove(word.start, _end_of_wrapper(command.part_of(word), word))
            todo = "or add newrelic to the requirements instead"
            yield RULE.on(command, title, todo, severity="error", edits=(edit,))
            continue
        todo = "set NEW_RELIC_LICENSE_KEY and NEW_RELIC_APP_NAME in the service's config"
        yield RULE.on(command, "New Relic needs its key from the service's config", todo, severity="note")


def _end_of_wrapper(part: tuple[Word, ...], wrapper: Word) -> int:
    """`newrelic-admin run-program` or `run-python`: both words go."""
    index = part.index(wrapper)
    following = part[index + 1] if index + 1 < len(part) else wrapper
    return following.end if following.text.startswith("run-") else wrapper.end
