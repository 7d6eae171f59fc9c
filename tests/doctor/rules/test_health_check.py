"""The load balancer's health check."""

import pytest

from tests.doctor.cases import fix_settings, places, project

RULE = "health-check"
HOSTS = 'ALLOWED_HOSTS = ["shop.example"]\n'


def test_a_middleware_answers_before_hosts_are_checked() -> None:
    before = f'import os\n{HOSTS}MIDDLEWARE = [\n    "a.b",\n]\n'
    assert places(RULE, project(before)) == ["web/settings.py:3"]
    assert fix_settings(RULE, before) == (
        f'import os\n{HOSTS}MIDDLEWARE = [\n    "homeport_django.health.HealthMiddleware",\n    "a.b",\n]\n'
        'HEALTH_PATH = "/healthz"\nRELEASE = os.environ.get("HOMEPORT_RELEASE", "")\n'
    )


def test_all_hosts_on_heroku_only_are_none_elsewhere() -> None:
    settings = 'import os\nif "DYNO" in os.environ:\n    ALLOWED_HOSTS = ["*"]\nMIDDLEWARE = ["a.b"]\n'
    assert places(RULE, project(settings)) == ["web/settings.py:4"]


@pytest.mark.parametrize(
    "settings",
    [
        f'{HOSTS}MIDDLEWARE = ["homeport_django.health.HealthMiddleware", "a.b"]\n',
        f'{HOSTS}MIDDLEWARE = ["shop.middleware.HealthCheck", "a.b"]\n',
        'ALLOWED_HOSTS = ["*"]\nMIDDLEWARE = ["a.b"]\n',
        'ALLOWED_HOSTS = env.list("HOSTS", default=["*"])\nMIDDLEWARE = ["a.b"]\n',
    ],
)
def test_a_project_that_answers_is_fine(settings: str) -> None:
    assert places(RULE, project(settings)) == []


def test_a_server_module_that_answers_is_fine() -> None:
    files = project(f'{HOSTS}MIDDLEWARE = ["a.b"]\n', web__asgi_py="from web.health import health_check\n")
    assert places(RULE, files) == []
