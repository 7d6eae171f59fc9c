"""homeport_django in the settings, and not in the requirements."""

import re
from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "homeport-django",
    "Settings that name a package which is not installed end the start of every process with ModuleNotFoundError.",
)
PACKAGE = "homeport_django"
SETTINGS = ("MIDDLEWARE", "INSTALLED_APPS")
TODO = "homeport django PATH, with the folder of the service: it puts the package there and into the requirements"
IMPORTED = re.compile(rf"^{PACKAGE}(\.|$)")


def find(project: Project) -> Iterator[Finding]:
    if "homeport-django" in project.packages or f"{PACKAGE}/__init__.py" in project.texts:
        return
    for name in SETTINGS:
        for setting in project.assigned(name):
            if PACKAGE in setting.module.code(setting.assignment.value):
                title = f"{PACKAGE} is in {name} and not in the requirements"
                yield RULE.at(setting.module, setting.assignment.value, title, TODO, severity="error")
    for module in project.settings_modules:
        for name, statement in module.facts.import_nodes:
            if IMPORTED.match(name):
                title = f"{PACKAGE} is imported and not in the requirements"
                yield RULE.at(module, statement, title, TODO, severity="error")
