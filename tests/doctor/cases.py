"""Projects as texts, and what one rule says of them."""

from homeport.doctor.examine import examine_texts
from homeport.doctor.finding import Finding
from homeport.doctor.patches import compose_patches

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")\n'
APPS = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\n'


def project(settings: str = "", procfile: str = "", **more: str) -> dict[str, str]:
    """A project with one settings module; `more` are further files, `__` for a slash and `_py` for `.py`."""
    files = {"manage.py": MANAGE, "web/settings.py": settings}
    if procfile:
        files["Procfile"] = procfile
    return files | {name.replace("__", "/").replace("_py", ".py"): text for name, text in more.items()}


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


def fix_settings(rule: str, settings: str) -> str:
    return fix(rule, project(settings))["web/settings.py"]


def fix_procfile(rule: str, procfile: str, settings: str = "") -> str:
    return fix(rule, project(settings, procfile))["Procfile"]
