"""django_heroku.settings(locals()): a settings module that changes another behind its back."""

import re
from collections.abc import Iterator

from homeport.doctor.facts import Call
from homeport.doctor.finding import Finding, Patch
from homeport.doctor.module import Module
from homeport.doctor.project import Project, Rule
from homeport.doctor.rules.database_url import can_check

RULE = Rule(
    "django-heroku",
    "django_heroku sets databases with TLS forced, ALLOWED_HOSTS to everything, WhiteNoise, logging and SECRET_KEY "
    "where nobody sees it, and has not been maintained since 2018.",
)
CALL = re.compile(r"(^|\.)(django_heroku|django_on_heroku)\.settings$")
IMPORT = re.compile(r"^(django_heroku|django_on_heroku)$")
TODO = (
    "add dj-database-url and whitenoise to the requirements, remove django-heroku, and put "
    "whitenoise.middleware.WhiteNoiseMiddleware below SecurityMiddleware if it is not there"
)
LINES = {
    "databases": (
        'if "DATABASE_URL" in os.environ:\n    DATABASES = {"default": dj_database_url.config(conn_max_age=600)}'
    ),
    "allowed_hosts": 'ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")',
    "staticfiles": 'STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")\nSTATIC_URL = "/static/"',
    "secret_key": 'SECRET_KEY = os.environ.get("SECRET_KEY", SECRET_KEY)',
}


def find(project: Project) -> Iterator[Finding]:
    for module in project.signed_modules:
        for call in module.facts.calls:
            if CALL.search(call.name):
                yield RULE.at(
                    module, call.node, "django_heroku changes settings", TODO, patch=_spelled_out(project, module, call)
                )


def _spelled_out(project: Project, module: Module, call: Call) -> Patch | None:
    """Its call becomes the settings that it makes; None where the call is not a statement of its own."""
    line = module.text[module.line_starts[module.place(call.node)[0] - 1] :].partition("\n")[0].strip()
    if line.partition("#")[0].strip() != module.code(call.node):
        return None
    names = {assignment.name for assignment in module.facts.assignments}
    needs = {"staticfiles": "BASE_DIR", "secret_key": "SECRET_KEY"}
    kept, checked = "conn_max_age=600", "conn_max_age=600, conn_health_checks=True"
    wanted = [
        lines.replace(kept, checked if can_check(project) else kept)
        for option, lines in LINES.items()
        if not _is_off(module, call, option) and needs.get(option, "ALLOWED_HOSTS") in {*names, "ALLOWED_HOSTS"}
    ]
    indent = "\n" + " " * (module.place(call.node)[1] - 1)
    edits = [module.replace(call.node, indent.join("\n".join(wanted).splitlines()) or "pass")]
    for name in ["dj_database_url", "os"]:
        edits = [*module.import_edits(name), *edits] if any(f"{name}." in text for text in wanted) else edits
    for name, statement in module.facts.import_nodes:
        if IMPORT.match(name):
            edits.append(module.remove_line(statement))
    return Patch(tuple(edits))


def _is_off(module: Module, call: Call, option: str) -> bool:
    argument = call.argument(option)
    return argument is not None and module.code(argument.value) == "False"
