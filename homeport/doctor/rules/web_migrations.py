"""Migrations in the web process's command."""

from collections.abc import Iterator

from homeport.doctor.commands import Command, Word
from homeport.doctor.finding import Edit, Finding
from homeport.doctor.patches import newline_of
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "web-migrations",
    "Several tasks start at once, at each release and whenever the service grows: each would migrate the same "
    "database, and a slow migration makes the health check fail. The release phase runs once, before new tasks start.",
)
TODO = "migrations must suit the old code too, which still answers while they run"


def find(project: Project) -> Iterator[Finding]:
    releases = [command for command in project.commands if command.process == "release"]
    for command in project.commands:
        migrate = next((word for word in command.words if word.text == "migrate"), None)
        if command.process == "release" or migrate is None or not command.is_web:
            continue
        edits = _move(project, command, migrate, releases[0] if releases else None)
        yield RULE.on(command, "each web task migrates the database at its start", TODO, severity="error", edits=edits)


def _move(project: Project, command: Command, migrate: Word, release: Command | None) -> tuple[Edit, ...]:
    """The migration leaves the command and joins the release phase; nothing if it is not joined by `&&` or `;`."""
    part = command.part_of(migrate)
    text = project.texts[command.file]
    moved = text[part[0].start : part[-1].end]
    index = command.words.index(part[-1])
    following = command.words[index + 1] if index + 1 < len(command.words) else None
    if following is None or following.text not in ("&&", ";") or command.file == "heroku.yml":
        return ()
    removed = command.remove(part[0].start, following.end)
    if release is None:
        line_start = text.rfind("\n", 0, command.start) + 1
        return removed, Edit(command.file, line_start, line_start, f"release: {moved}{newline_of(text)}")
    if any(word.text == "migrate" for word in release.words):
        return (removed,)
    end = release.start + len(release.text)
    return removed, Edit(release.file, end, end, f" && {moved}")
