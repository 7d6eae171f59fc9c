"""homeport_django in the settings, and not in the requirements."""

import pytest

from tests.doctor.cases import find, fix_settings, places, project

RULE = "homeport-django"
MIDDLEWARE = 'MIDDLEWARE = ["homeport_django.health.HealthMiddleware"]\n'


@pytest.mark.parametrize(
    "settings",
    [
        MIDDLEWARE,
        'INSTALLED_APPS = ["homeport_django"]\n',
        "from homeport_django.settings import platform_settings\n",
    ],
)
def test_a_package_that_is_not_required_is_an_error(settings: str) -> None:
    (found,) = find(RULE, project(settings, requirements_txt="django==4.2\n"))
    assert (found.severity, found.place, found.patch) == ("error", "web/settings.py:1", None)
    assert found.todo.startswith("homeport django PATH")


def test_a_patch_that_names_the_package_leaves_the_error_until_it_is_required() -> None:
    settings = fix_settings("forwarded-scheme", 'MIDDLEWARE = ["a.b"]\n')
    assert places(RULE, project(settings)) == ["web/settings.py:1"]


@pytest.mark.parametrize("line", ["./vendor/homeport-django", "homeport_django==0.1.0"])
def test_a_package_that_is_required_is_fine(line: str) -> None:
    assert places(RULE, project(MIDDLEWARE, requirements_txt=f"{line}\n")) == []


def test_a_copy_that_nothing_installs_is_not_enough() -> None:
    files = project(MIDDLEWARE) | {"vendor/homeport-django/pyproject.toml": 'name = "homeport-django"\n'}
    assert places(RULE, files) == ["web/settings.py:1"]
