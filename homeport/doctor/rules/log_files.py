"""Logs written to files, which nobody reads and which go with the container."""

from collections.abc import Iterator

import libcst as cst

from homeport.doctor.commands import Command
from homeport.doctor.facts import string_of
from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.module import Module
from homeport.doctor.project import Project, Rule
from homeport.doctor.rules.database_url import remove_argument

RULE = Rule(
    "log-files",
    "A task's disk goes when the task goes, and nothing collects files from it. What is written to stdout or stderr "
    "is kept by CloudWatch Logs.",
)
FILE_HANDLERS = ("FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler", "WatchedFileHandler")
FILE_KEYS = {"filename", "maxBytes", "backupCount", "when", "interval", "encoding", "delay", "mode", "utc", "atTime"}
OPTIONS = ("--log-file", "--error-logfile", "--access-logfile", "--logfile")
STREAMS = ("", "-", "/dev/stdout", "/dev/stderr", "/dev/null")


def find(project: Project) -> Iterator[Finding]:
    for setting in project.assigned("LOGGING"):
        for node in setting.module.facts.dicts:
            if _is_inside(setting.module, node, setting.assignment.value) and (handler := _file_class(node)):
                patch = Patch(tuple(_to_stream(setting.module, node)))
                title = f"{handler} writes a log file"
                yield RULE.at(setting.module, node, title, "", patch=patch)
    for module in project.settings_modules:
        for call in module.facts.calls:
            argument = call.argument("filename")
            if call.name == "logging.basicConfig" and argument is not None:
                patch = Patch((remove_argument(module, call.node, argument),))
                yield RULE.at(module, argument, "logging.basicConfig writes a log file", "", patch=patch)
    for command in project.commands:
        yield from _in_command(command)


def _in_command(command: Command) -> Iterator[Finding]:
    for name in (*OPTIONS, "-f") if command.program("celery") else OPTIONS:
        option = command.option(name)
        if option is None or option.value in STREAMS:
            continue
        edit = command.remove(option.start, option.end)
        if command.program("gunicorn"):
            edit = Edit(command.file, option.value_start, option.end, "-")
        yield RULE.on(command, f"{name} writes a log file", "", edits=(edit,))


def _is_inside(module: Module, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
    start, end = module.span(node)
    outer_start, outer_end = module.span(outer)
    return outer_start <= start and end <= outer_end


def _file_class(node: cst.Dict) -> str | None:
    for element in node.elements:
        if isinstance(element, cst.DictElement) and string_of(element.key) == "class":
            name = (string_of(element.value) or "").rpartition(".")[2]
            return name if name in FILE_HANDLERS else None
    return None


def _to_stream(module: Module, node: cst.Dict) -> Iterator[Edit]:
    """The handler's class becomes StreamHandler, and what only files know goes with its line or comma."""
    elements = [element for element in node.elements if isinstance(element, cst.DictElement)]
    for index, element in enumerate(elements):
        key = string_of(element.key)
        if key == "class":
            quote = module.code(element.value)[-1]
            yield module.replace(element.value, f"{quote}logging.StreamHandler{quote}")
        elif key in FILE_KEYS:
            start, end = module.span(element.key)[0], module.span(element.value)[1]
            line_start = module.line_starts[module.place(element.key)[0] - 1]
            line_end = module.text.find("\n", end)
            rest = module.text[end : line_end + 1]
            if not module.text[line_start:start].strip() and rest.partition("#")[0].strip() in ("", ","):
                yield Edit(module.file, line_start, end + len(rest), "")
            elif index > 0:
                yield Edit(module.file, module.span(elements[index - 1].value)[1], end, "")
            else:
                following = module.span(elements[1].key)[0] if len(elements) > 1 else end
                yield Edit(module.file, start, following, "")
