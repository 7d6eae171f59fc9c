"""dj_database_url's options."""

import pytest

from tests.doctor.cases import PINS, find, fix_settings, places, project

RULE = "database-url"


def test_forced_tls_goes_with_its_line() -> None:
    before = "D = dj_database_url.config(\n    conn_max_age=0,\n    ssl_require=True,  # Heroku\n    env='X',\n)\n"
    assert places(RULE, project(before)) == ["web/settings.py:3"]
    assert fix_settings(RULE, before) == "D = dj_database_url.config(\n    conn_max_age=0,\n    env='X',\n)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("D = dj_database_url.config(ssl_require=True)\n", "D = dj_database_url.config()\n"),
        ("D = dj_database_url.parse(U, ssl_require=True)\n", "D = dj_database_url.parse(U)\n"),
        ("D = dj_database_url.config(ssl_require=True, env='X')\n", "D = dj_database_url.config(env='X')\n"),
        (
            "D = dj_database_url.config(\n    conn_max_age=600,\n)\n",
            "D = dj_database_url.config(\n    conn_max_age=600,\n    conn_health_checks=True,\n)\n",
        ),
        (
            "D = dj_database_url.config(conn_max_age=600)\n",
            "D = dj_database_url.config(conn_max_age=600, conn_health_checks=True)\n",
        ),
        (
            "D = dj_database_url.config(conn_max_age=600, ssl_require=True)\n",
            "D = dj_database_url.config(conn_max_age=600, conn_health_checks=True)\n",
        ),
    ],
)
def test_options_are_mended_as_they_stand(before: str, after: str) -> None:
    assert fix_settings(RULE, before, requirements_txt=PINS) == after


@pytest.mark.parametrize(
    "pins", ["", "Django==4.2\ndj-database-url==0.5.0\n", "Django==3.2.25\ndj-database-url==2.1.0\n", "Django\n"]
)
def test_versions_that_may_not_know_the_option_get_no_patch(pins: str) -> None:
    (found,) = find(RULE, project("D = dj_database_url.config(conn_max_age=600)\n", requirements_txt=pins))
    assert found.patch is None and "needs Django 4.1 and dj-database-url 2.0" in found.todo


def test_tls_that_depends_on_something_is_left_to_a_person() -> None:
    (found,) = find(RULE, project("D = dj_database_url.config(ssl_require=not DEBUG)\n"))
    assert found.patch is None


def test_a_forced_sslmode_is_noted() -> None:
    (found,) = find(RULE, project('DATABASES["default"]["OPTIONS"]["sslmode"] = "require"\n'))
    assert found.severity == "note"


def test_checked_connections_are_fine() -> None:
    assert places(RULE, project("D = dj_database_url.config(conn_max_age=60, conn_health_checks=True)\n")) == []
