"""Settings that cannot be imported without their config: the image is built without it."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "build-config",
    "The buildpack ran collectstatic with all config vars present. An image is built without any but SECRET_KEY, so "
    "that no secret is in it: a settings module that insists on another one cannot be imported.",
)
GIVEN = {"SECRET_KEY", "PORT"}
HEROKU = ("HEROKU", "DYNO", "SOURCE_VERSION", "WEB_CONCURRENCY")  # other rules tell of these


def find(project: Project) -> Iterator[Finding]:
    if not project.mentions("INSTALLED_APPS", "django.contrib.staticfiles"):
        return
    for module in project.settings_modules:
        for read in module.facts.reads:
            if not read.is_required or read.in_function or read.conditions or read.variable in GIVEN:
                continue
            if read.variable.startswith(HEROKU):
                continue
            title = f"settings cannot be imported without {read.variable}, which a build has not"
            todo = (
                f"give it a default, or set {read.variable} to a word without meaning in the service's environment for "
                "the build, or set DISABLE_COLLECTSTATIC: 1 there"
            )
            yield RULE.at(module, read.node, title, todo)
