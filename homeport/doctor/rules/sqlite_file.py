"""A database in a file on the task's own disk."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule, Setting

RULE = Rule(
    "sqlite-file",
    "A SQLite file on a task's disk is empty after each release, and different in each task.",
)
TODO = "declare a database in homeport.yml and read it: dj_database_url.config(conn_max_age=600)"


def find(project: Project) -> Iterator[Finding]:
    databases = project.assigned("DATABASES")
    files = [setting for setting in databases if _is_file(setting)]
    others = [setting for setting in databases if not _is_file(setting)]
    if others or project.knows("DATABASES") != "set" or project.is_dynamic:
        return
    for setting in files[:1]:
        yield RULE.at(setting.module, setting.assignment.value, "the database is a SQLite file", TODO, severity="error")


def _is_file(setting: Setting) -> bool:
    """An engine of SQLite with nothing from the environment beside it."""
    code = setting.module.code(setting.assignment.value)
    return "sqlite3" in code and "env" not in code.lower() and "dj_database_url" not in code
