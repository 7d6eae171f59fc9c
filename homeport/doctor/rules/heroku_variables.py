"""Variables that only Heroku sets: DYNO, HEROKU_*, SOURCE_VERSION."""

import re
from collections.abc import Iterator

from homeport.doctor.facts import Read
from homeport.doctor.finding import Edit, Finding, Patch, Severity
from homeport.doctor.module import Module
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "heroku-variables",
    "Heroku sets these variables in each dyno; nothing sets them elsewhere. Code that asks for them fails, or takes "
    "the branch for a developer's machine.",
)
NAMES = re.compile(
    r"DYNO|DYNO_RAM|SOURCE_VERSION|STACK|"
    r"HEROKU_(APP_ID|APP_NAME|APP_DEFAULT_DOMAIN_NAME|PARENT_APP_NAME|BRANCH|PR_NUMBER|BUILD_\w+|"
    r"DYNO_ID|DYNO_NAME|PRIVATE_IP|RELEASE_\w+|SLUG_\w+|TEST_RUN_\w+|DNS_\w+|EXEC_URL)"
)
RELEASE = {
    *("DYNO", "SOURCE_VERSION", "HEROKU_SLUG_COMMIT", "HEROKU_BUILD_COMMIT", "HEROKU_SLUG_DESCRIPTION"),
    *("HEROKU_RELEASE_VERSION", "HEROKU_BUILD_DESCRIPTION"),
}
ADD_ON = re.compile(r"HEROKU_(POSTGRESQL|REDIS)_\w+_URL")
OWN = "HOMEPORT_RELEASE"


def find(project: Project) -> Iterator[Finding]:
    for module, read in project.reads():
        if ADD_ON.fullmatch(read.variable):
            todo = f"set {read.variable} in the service's config, or read the database's own variable"
            yield RULE.at(module, read.string, f"{read.variable} names an add-on of Heroku", todo)
        elif NAMES.fullmatch(read.variable) and not (read.variable == "STACK" and not read.is_required):
            yield _finding(module, read)


def _finding(module: Module, read: Read) -> Finding:
    patch = _patch(module, read)
    severity: Severity = "error" if read.is_required else "warning"
    what = "and the code fails without it" if read.is_required else "and the code goes on without it"
    if read.is_test:
        what = "so this is never true"
    todo = f"{OWN} is the number of the release, set in every environment; set a config of your own for anything else"
    if patch is None:
        todo = f"set a variable of your own in the service's config instead of {read.variable}, or remove this"
    title = f"{read.variable} is set on Heroku only, {what}"
    return RULE.at(module, read.string, title, todo, severity=severity, patch=patch)


def _patch(module: Module, read: Read) -> Patch | None:
    """What means the release, or that there is one, is asked of the release's own variable."""
    if read.variable not in RELEASE or read.is_declared or (read.variable == "DYNO" and not read.is_test):
        return None
    start, end = module.span(read.string)
    quote = module.text[end - 1]
    return Patch((Edit(module.file, start, end, f"{quote}{OWN}{quote}"),))
