"""The wrapper newrelic-admin."""

from tests.doctor.cases import find, fix, places, project

RULE = "newrelic"
PROCFILE = "web: NEW_RELIC_CONFIG_FILE=n.ini newrelic-admin run-program gunicorn web.wsgi\n"


def test_without_the_package_the_wrapper_goes() -> None:
    files = project("", PROCFILE) | {"requirements.txt": "django==5.2\n"}
    assert places(RULE, files) == ["Procfile:1"]
    assert fix(RULE, files)["Procfile"] == "web: NEW_RELIC_CONFIG_FILE=n.ini gunicorn web.wsgi\n"


def test_with_the_package_only_its_key_is_missing() -> None:
    (found,) = find(RULE, project("", PROCFILE) | {"requirements.txt": "newrelic==10\n"})
    assert (found.severity, found.patch) == ("note", None)


def test_another_program_is_fine() -> None:
    assert places(RULE, project("", "web: gunicorn web.wsgi\n")) == []
