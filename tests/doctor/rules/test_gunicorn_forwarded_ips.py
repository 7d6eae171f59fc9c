"""gunicorn that trusts no proxy."""

from tests.doctor.cases import APPS, fix_procfile, places, project

RULE = "gunicorn-forwarded-ips"


def test_gunicorn_learns_to_believe_the_load_balancer() -> None:
    before = "web: gunicorn web.wsgi\n"
    assert places(RULE, project(APPS, before)) == ["Procfile:1"]
    assert fix_procfile(RULE, before, APPS) == "web: gunicorn web.wsgi --forwarded-allow-ips '*'\n"


def test_it_need_not_if_django_reads_the_header() -> None:
    settings = f"{APPS}SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n"
    assert places(RULE, project(settings, "web: gunicorn web.wsgi\n")) == []


def test_it_need_not_twice() -> None:
    for command in ("gunicorn web.wsgi --forwarded-allow-ips=*", "FORWARDED_ALLOW_IPS=* gunicorn web.wsgi"):
        assert places(RULE, project(APPS, f"web: {command}\n")) == []
