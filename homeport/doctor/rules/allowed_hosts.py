"""ALLOWED_HOSTS that names Heroku's host names."""

import re
from collections.abc import Iterator

import libcst as cst

from homeport.doctor.finding import Edit, Finding, Patch
from homeport.doctor.project import Project, Rule, Setting

RULE = Rule(
    "allowed-hosts",
    "Off Heroku the service answers under the API's host name; herokuapp.com names and HEROKU_APP_NAME are gone, "
    "so Django answers every request with 400.",
)
HEROKU_HOST = re.compile(r"herokuapp\.com|herokudns\.com|HEROKU_APP_NAME|HEROKU_APP_DEFAULT_DOMAIN_NAME")
HOSTS = '*os.environ.get("ALLOWED_HOSTS", "").split(",")'
TODO = "ALLOWED_HOSTS is set in the environment of every release: the API's host, and `domains` of homeport.yml"


def find(project: Project) -> Iterator[Finding]:
    for setting in project.assigned("ALLOWED_HOSTS"):
        if not is_on_heroku_only(setting):
            yield from _heroku_hosts(setting)
    if project.knows("ALLOWED_HOSTS") == "missing" and project.home is not None:
        module, node = project.home.module, project.home.assignment.statement
        patch = project.add_setting(f"ALLOWED_HOSTS = [{HOSTS}]")
        yield RULE.at(module, node, "ALLOWED_HOSTS is not set", TODO, severity="error", patch=patch)


def is_on_heroku_only(setting: Setting) -> bool:
    """Whether it stands below `if HEROKU_APP_NAME:`, and so does nothing elsewhere."""
    return any(HEROKU_HOST.search(condition.text) and condition.holds for condition in setting.assignment.conditions)


def _heroku_hosts(setting: Setting) -> Iterator[Finding]:
    module, value = setting.module, setting.assignment.value
    if not isinstance(value, cst.List | cst.Tuple):
        if names_heroku(setting, value):
            patch = extend_instead(setting, HOSTS)
            yield RULE.at(module, value, "ALLOWED_HOSTS names a Heroku host", TODO, severity="error", patch=patch)
        return
    wrong = [element for element in value.elements if names_heroku(setting, element.value)]
    for index, element in enumerate(wrong):
        text = HOSTS if index == 0 and '"ALLOWED_HOSTS"' not in module.code(value) else None
        edit = replace_element(setting, value, element, text)
        edits = (*(module.import_edits("os") if text else ()), edit)
        title = "ALLOWED_HOSTS names a Heroku host"
        yield RULE.at(module, element.value, title, TODO, severity="error", patch=Patch(edits))


def names_heroku(setting: Setting, node: cst.BaseExpression) -> bool:
    """Whether the expression, or the assignment in the same file that it names, holds a Heroku host name."""
    if HEROKU_HOST.search(setting.module.code(node)):
        return True
    if not isinstance(node, cst.Name):
        return False
    named = [other.value for other in setting.module.facts.assignments if other.name == node.value]
    return any(HEROKU_HOST.search(setting.module.code(value)) for value in named)


def extend_instead(setting: Setting, hosts: str) -> Patch | None:
    """`NAME.append("x.herokuapp.com")` becomes an `extend` by what the environment holds; None for other statements."""
    module, assignment = setting.module, setting.assignment
    if not re.fullmatch(rf"{assignment.name}\.append\([^;\n]*\)", module.code(assignment.statement)):
        return None
    edit = module.replace(assignment.statement, f"{assignment.name}.extend([{hosts}])")
    return Patch((*module.import_edits("os"), edit))


def replace_element(setting: Setting, value: cst.List | cst.Tuple, element: cst.BaseElement, text: str | None) -> Edit:
    """The element becomes `text`, or goes together with its comma and blanks."""
    module = setting.module
    if text is not None:
        return module.replace(element.value, text)
    index = list(value.elements).index(element)
    start, end = module.span(element.value)
    if index > 0:
        return Edit(module.file, module.span(value.elements[index - 1].value)[1], end, "")
    if len(value.elements) > 1:
        return Edit(module.file, start, module.span(value.elements[1].value)[0], "")
    comma = re.match(r"\s*,?", module.text[end:])
    return Edit(module.file, start, end + (comma.end() if comma else 0), "")
