"""Projects as texts, and what one rule says of them."""

import re

from homeport.doctor.examine import examine_texts
from homeport.doctor.finding import Finding
from homeport.doctor.patches import compose_patches

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")\n'
PINS = "Django==4.2.11\ndj-database-url==2.1.0\n"
APPS = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\n'


def project(settings: str = "", procfile: str = "", **more: str) -> dict[str, str]:
    """A project with one settings module; `more` are further files: `web__urls_py` is web/urls.py."""
    files = {"manage.py": MANAGE, "web/settings.py": settings}
    if procfile:
        files["Procfile"] = procfile
    names = {name: re.sub(r"_(py|txt)$", r".\1", name.replace("__", "/")) for name in more}
    return files | {names[name]: text for name, text in more.items()}


def find(rule: str, files: dict[str, str]) -> list[Finding]:
    return [finding for finding in examine_texts(files) if finding.rule == rule]


def places(rule: str, files: dict[str, str]) -> list[str]:
    return [finding.place for finding in find(rule, files)]


def fix(rule: str, files: dict[str, str]) -> dict[str, str]:
    """The project after all patches of the rule; fails if that leaves such a finding, or is not stable."""
    new, left = compose_patches(files, find(rule, files))
    assert not left
    after = {**files, **new}
    assert find(rule, after) == []
    return after


def fix_settings(rule: str, settings: str, **more: str) -> str:
    return fix(rule, project(settings, **more))["web/settings.py"]


def fix_procfile(rule: str, procfile: str, settings: str = "") -> str:
    return fix(rule, project(settings, procfile))["Procfile"]
