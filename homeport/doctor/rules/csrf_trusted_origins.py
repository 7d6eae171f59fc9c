"""CSRF_TRUSTED_ORIGINS that names Heroku's hosts."""

from collections.abc import Iterator

import libcst as cst

from homeport.doctor.finding import Finding, Patch
from homeport.doctor.project import Project, Rule
from homeport.doctor.rules.allowed_hosts import extend_instead, is_on_heroku_only, names_heroku, replace_element

RULE = Rule(
    "csrf-trusted-origins",
    "Forms are posted from the origin that the browser shows. With Heroku's origins in the list and the site's not, "
    "every POST from the site is answered with 403.",
)
ORIGINS = '*filter(None, os.environ.get("SITE_ORIGINS", "").split(","))'
TODO = (
    "SITE_ORIGINS is set in the environment of every release (the platform's sites, the service's domains); add others"
)


def find(project: Project) -> Iterator[Finding]:
    for setting in project.assigned("CSRF_TRUSTED_ORIGINS"):
        module, value = setting.module, setting.assignment.value
        if is_on_heroku_only(setting):
            continue
        title = "CSRF_TRUSTED_ORIGINS names a Heroku host"
        if not isinstance(value, cst.List | cst.Tuple):
            if names_heroku(setting, value):
                patch = extend_instead(setting, ORIGINS)
                yield RULE.at(module, value, title, TODO, severity="error", patch=patch)
            continue
        wrong = [element for element in value.elements if names_heroku(setting, element.value)]
        for index, element in enumerate(wrong):
            text = ORIGINS if index == 0 and '"SITE_ORIGINS"' not in module.code(value) else None
            edits = (*(module.import_edits("os") if text else ()), replace_element(setting, value, element, text))
            yield RULE.at(module, element.value, title, TODO, severity="error", patch=Patch(edits))
