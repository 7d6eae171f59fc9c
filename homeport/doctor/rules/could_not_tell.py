"""What the doctor could not read, and so says nothing about."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "could-not-tell",
    "The doctor reads and does not run: what is computed, or cannot be read, it does not judge.",
)


def find(project: Project) -> Iterator[Finding]:
    if not project.settings_files:
        todo = "name the folder that holds manage.py, if there is one"
        title = "no Django settings were found that could be read: only commands were looked at"
        is_other = bool(project.commands) and not project.broken  # a project of another kind
        yield RULE.whole(".", title, todo, severity="note" if is_other else "warning")
    elif project.is_dynamic and not project.is_on_platform_settings:
        todo = "look at what `manage.py diffsettings` prints, or use --run-checks"
        title = "some settings are computed or come from outside of the project"
        yield RULE.whole(project.settings_files[-1], title, todo, severity="note")
    for found in (*project.unreadable, *project.broken):
        todo = (
            "mend it and run the doctor again"
            if found.file.endswith(".py")
            else "if it is code, save it as text in UTF-8"
        )
        line = found.line
        yield Finding(
            RULE.name, found.file, line, 1 if line else 0, "note", f"was not read: {found.reason}", RULE.why, todo
        )
