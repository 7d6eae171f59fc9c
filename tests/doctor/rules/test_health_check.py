"""The load balancer's health check."""

import pytest

from tests.doctor.cases import find, fix_settings, places, project

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


def test_what_production_overrides_does_not_count() -> None:
    files = project('ALLOWED_HOSTS = ["*"]\nMIDDLEWARE = ["a.b"]\n') | {
        "web/production.py": f"from .settings import *\n{HOSTS}",
        "web/wsgi.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.production")\n',
    }
    assert places(RULE, files) == ["web/settings.py:2"]
    files["Procfile"] = "web: DJANGO_SETTINGS_MODULE=web.settings gunicorn web.wsgi\n"
    assert places(RULE, files) == []


@pytest.mark.parametrize("name", ["shop.shipping.Middleware", "shop.mapping.M", "shop.middleware.ShoppingMiddleware"])
def test_a_word_inside_of_another_does_not_count(name: str) -> None:
    assert places(RULE, project(f'{HOSTS}MIDDLEWARE = ["{name}"]\n')) == ["web/settings.py:2"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('list(filter(None, ["a.b"]))', 'list(filter(None, ["X", "a.b"]))'),
        ('["a.b"] + MORE', '["X", "a.b"] + MORE'),
        ('[m for m in ("a.b", "c" if D else None) if m]', '[m for m in ("X", "a.b", "c" if D else None) if m]'),
        ("[*BASE]", '["X", *BASE]'),
    ],
)
def test_a_computed_list_is_mended_where_it_is_written_out(before: str, after: str) -> None:
    after = after.replace("X", "homeport_django.health.HealthMiddleware")
    assert f"MIDDLEWARE = {after}\n" in fix_settings(RULE, f"{HOSTS}MIDDLEWARE = {before}\n")


def test_a_list_that_cannot_be_read_is_told() -> None:
    (found,) = find(RULE, project(f"{HOSTS}MIDDLEWARE = common() + ['a.b']\n"))
    assert (found.severity, found.patch) == ("note", None) and "could not tell" in found.title


@pytest.mark.parametrize(
    "settings",
    [
        f'{HOSTS}MIDDLEWARE = ["homeport_django.health.HealthMiddleware", "a.b"]\n',
        f'{HOSTS}MIDDLEWARE = ["shop.middleware.HealthCheck", "a.b"]\n',
        f'{HOSTS}MIDDLEWARE = ["shop.ping.ELBHealthMiddleware"] + X\n',
        'ALLOWED_HOSTS = ["*"]\nMIDDLEWARE = ["a.b"]\n',
        'ALLOWED_HOSTS = env.list("HOSTS", default=["*"])\nMIDDLEWARE = ["a.b"]\n',
        'MIDDLEWARE = ["a.health.B"]\nMIDDLEWARE = ["c.d"] + MIDDLEWARE\n',
    ],
)
def test_a_project_that_answers_is_fine(settings: str) -> None:
    assert places(RULE, project(settings)) == []


OPEN = 'ROOT_URLCONF = "web.urls"\nALLOWED_HOSTS = ["*"]\nMIDDLEWARE = ["a.b"]\n'


@pytest.mark.parametrize(
    ("urls", "severity", "said"),
    [
        ('[path("books/", x), path("<slug:name>/", x)]', "error", "no URL or middleware answers /healthz"),
        ('[path("", include("web.more"))]', "warning", "own health URL seems to be /status/health/"),
        ('[url(r"^ht/", include("health_check.urls"))]', "warning", "own health URL seems to be /ht/"),
        ('[path("books/", include(router.urls))]', "error", "no URL or middleware"),
        ('[path("", include(router.urls))]', "note", "could not tell"),
        ('[path(f"{BASE}healthz", x)]', "note", "could not tell"),
        ('[path(_("books/"), x)]', "error", "no URL or middleware"),
    ],
)
def test_a_health_path_that_no_url_answers_is_told(urls: str, severity: str, said: str) -> None:
    more = 'urlpatterns = [re_path(r"^status/health/$", x)]\n'
    (found,) = find(RULE, project(OPEN, web__urls_py=f"urlpatterns = {urls}\n", web__more_py=more))
    assert (found.severity, found.place) == (severity, "web/settings.py:3") and said in found.title
    assert bool(found.patch) == (severity == "error")


@pytest.mark.parametrize(
    "route",
    ['path("healthz", x)', 'url(r"^healthz$", x)', 're_path(r"^(?P<rest>.*)$", x)', 're_path("^health", x)'],
)
def test_a_url_that_answers_is_fine(route: str) -> None:
    assert places(RULE, project(OPEN, web__urls_py=f"urlpatterns = [{route}]\n")) == []


def test_urls_that_include_each_other_come_to_an_end() -> None:
    urls = 'urlpatterns = [path("", include("web.urls")), path("x", y)]\n'
    assert len(places(RULE, project(OPEN, web__urls_py=urls))) == 1


def test_a_server_module_that_answers_is_fine() -> None:
    files = project(f'{HOSTS}MIDDLEWARE = ["a.b"]\n', web__asgi_py="from web.health import health_check\n")
    assert places(RULE, files) == []
