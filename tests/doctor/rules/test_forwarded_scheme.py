"""The client's scheme behind an API Gateway and a load balancer."""

from tests.doctor.cases import fix_settings, places, project

RULE = "forwarded-scheme"


def test_the_middleware_becomes_the_first_in_the_quotes_of_the_others() -> None:
    before = "MIDDLEWARE = [\n    # security\n    'django.middleware.security.SecurityMiddleware',\n]\n"
    assert places(RULE, project(before)) == ["web/settings.py:1"]
    assert fix_settings(RULE, before) == (
        "MIDDLEWARE = [\n    # security\n    'homeport_django.proxy.ForwardedMiddleware',\n"
        "    'django.middleware.security.SecurityMiddleware',\n]\n"
    )


def test_a_tuple_on_one_line_is_mended_too() -> None:
    assert fix_settings(RULE, 'MIDDLEWARE = ("a.b",)\n') == (
        'MIDDLEWARE = ("homeport_django.proxy.ForwardedMiddleware", "a.b",)\n'
    )


def test_a_project_that_has_it_is_fine() -> None:
    assert places(RULE, project('MIDDLEWARE = ["homeport_django.proxy.ForwardedMiddleware"]\n')) == []
