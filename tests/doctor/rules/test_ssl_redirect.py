"""SECURE_SSL_REDIRECT and a health check that comes by http."""

import pytest

from tests.doctor.cases import fix_settings, places, project

RULE = "ssl-redirect"


def test_the_health_path_is_exempt_at_the_same_indentation() -> None:
    before = "if not DEBUG:\n    SECURE_SSL_REDIRECT = True  # always\nX = 1\n"
    assert places(RULE, project(before)) == ["web/settings.py:2"]
    assert fix_settings(RULE, before) == (
        "if not DEBUG:\n    SECURE_SSL_REDIRECT = True  # always\n"
        '    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # the load balancer asks by http\nX = 1\n'
    )


def test_the_projects_own_health_path_is_used() -> None:
    after = fix_settings(RULE, 'HEALTH_PATH = "/shop/alive"\nSECURE_SSL_REDIRECT = env.bool("R", True)\n')
    assert 'SECURE_REDIRECT_EXEMPT = [r"^shop/alive$"]' in after


@pytest.mark.parametrize(
    "settings",
    [
        "SECURE_SSL_REDIRECT = False\n",
        "if DEBUG:\n    SECURE_SSL_REDIRECT = True\n",
        "SECURE_SSL_REDIRECT = True\nSECURE_REDIRECT_EXEMPT = [r'^up$']\n",
        "SECURE_SSL_REDIRECT = True\nMIDDLEWARE = ['b.HealthMiddleware', 'a.SecurityMiddleware']\n",
    ],
)
def test_a_health_path_that_is_not_redirected_is_fine(settings: str) -> None:
    assert places(RULE, project(settings)) == []


def test_a_health_middleware_below_the_redirect_does_not_help() -> None:
    settings = "SECURE_SSL_REDIRECT = True\nMIDDLEWARE = ['a.SecurityMiddleware', 'b.HealthMiddleware']\n"
    assert places(RULE, project(settings)) == ["web/settings.py:1"]
