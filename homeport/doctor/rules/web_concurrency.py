"""WEB_CONCURRENCY, which Heroku's buildpack works out from the dyno's memory."""

import re
from collections.abc import Iterator

from homeport.doctor.facts import Read
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.module import Module
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "web-concurrency",
    "Heroku's buildpack sets WEB_CONCURRENCY from the dyno's size. Nothing does elsewhere: the command gets an empty "
    "word, the code fails, or one worker does the work of several.",
)
BARE = re.compile(r"\$(?:\{WEB_CONCURRENCY\}|WEB_CONCURRENCY\b)")
DEFAULT = "2"  # Heroku's own value for a Standard-1X
TODO = "set WEB_CONCURRENCY in the service's config for larger tasks: about 2 workers for each vCPU, plus one"


def find(project: Project) -> Iterator[Finding]:
    if "WEB_CONCURRENCY" in project.deployed.environment:
        return
    for command in project.commands:
        for found in BARE.finditer(command.text):
            start = command.start + found.start()
            edit = Edit(command.file, start, start + len(found[0]), f"${{WEB_CONCURRENCY:-{DEFAULT}}}")
            yield RULE.on(command, "WEB_CONCURRENCY is not set off Heroku", TODO, severity="error", edits=(edit,))
    for module, read in project.reads():
        if read.variable == "WEB_CONCURRENCY" and not read.is_test:
            yield from _in_code(module, read)


def _in_code(module: Module, read: Read) -> Iterator[Finding]:
    code = module.code(read.node)
    if read.is_required:
        new = f'os.environ.get("WEB_CONCURRENCY", "{DEFAULT}")' if code.startswith("os.environ[") else None
        patch = Patch((module.replace(read.node, new),)) if new else None
        yield RULE.at(module, read.node, "WEB_CONCURRENCY is not set off Heroku", TODO, severity="error", patch=patch)
    elif found := re.search(r"(,\s*(?:default\s*=\s*)?)([\"']?)1\2\s*,?\s*\)$", code):
        start = module.span(read.node)[0]
        at = start + found.end(1) + len(found[2])
        patch = Patch((Edit(module.file, at, at + 1, DEFAULT),))
        yield RULE.at(module, read.node, "off Heroku, WEB_CONCURRENCY falls back to one worker", TODO, patch=patch)
