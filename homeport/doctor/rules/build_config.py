"""Settings that cannot be imported without their config: the image is built without it."""

from collections.abc import Iterator

from homeport.doctor.facts import Read
from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "build-config",
    "The buildpack ran collectstatic with all config vars present. An image is built without any but SECRET_KEY, so "
    "that no secret is in it: a settings module that insists on another one cannot be imported.",
)
GIVEN = {"SECRET_KEY", "PORT"}
NAMES_MAX = 6
HEROKU = ("HEROKU", "DYNO", "SOURCE_VERSION", "WEB_CONCURRENCY")  # other rules tell of these


def find(project: Project) -> Iterator[Finding]:
    if not project.mentions("INSTALLED_APPS", "django.contrib.staticfiles"):
        return
    for module in project.settings_modules:
        reads = [
            read
            for read in module.facts.reads
            if _is_missed(read) and read.variable not in project.deployed.environment
        ]
        if not reads:
            continue
        names = _some(list(dict.fromkeys(read.variable for read in reads)))
        title = f"settings cannot be imported without {names}, which a build has not"
        todo = (
            "give each a default that a build can do with, or set it to a word without meaning in the service's "
            "environment for the build; or set DISABLE_COLLECTSTATIC: 1 there"
        )
        yield RULE.at(module, reads[0].node, title, todo)


def _is_missed(read: Read) -> bool:
    """Whether the import fails if the variable is not set."""
    if not read.is_required or read.in_function or read.conditions:
        return False
    return read.variable not in GIVEN and not read.variable.startswith(HEROKU)


def _some(names: list[str]) -> str:
    more = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {more} more" if more > 0 else "")
