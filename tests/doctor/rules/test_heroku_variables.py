"""Variables that only Heroku sets."""

import pytest

from tests.doctor.cases import find, fix_settings, places, project

RULE = "heroku-variables"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('ON = "DYNO" in os.environ  # there\n', 'ON = "HOMEPORT_RELEASE" in os.environ  # there\n'),
        ("R = os.environ['HEROKU_SLUG_COMMIT']\n", "R = os.environ['HOMEPORT_RELEASE']\n"),
        ('R = env("HEROKU_RELEASE_VERSION", default="")\n', 'R = env("HOMEPORT_RELEASE", default="")\n'),
        ('R = os.getenv("SOURCE_VERSION")\n', 'R = os.getenv("HOMEPORT_RELEASE")\n'),
    ],
)
def test_what_means_the_release_asks_for_the_release(before: str, after: str) -> None:
    assert places(RULE, project(before)) == ["web/settings.py:1"]
    assert fix_settings(RULE, before) == after


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ('os.environ["HEROKU_APP_NAME"]\n', "error"),
        ('os.environ.get("HEROKU_APP_NAME")\n', "warning"),
        ('config("HEROKU_APP_NAME")\n', "error"),
        ('get_string(name="HEROKU_APP_NAME", default=None)\n', "warning"),
        ('get_string(default="", name="HEROKU_APP_NAME")\n', "warning"),
        ('env(var="HEROKU_APP_NAME")\n', "error"),
        ('os.environ.get("DYNO", "local")\n', "warning"),
        ('os.environ["HEROKU_POSTGRESQL_RED_URL"]\n', "warning"),
    ],
)
def test_other_variables_are_left_to_a_person(code: str, severity: str) -> None:
    (found,) = find(RULE, project(f"X = {code}"))
    assert (found.severity, found.patch, found.line) == (severity, None, 1)


def test_other_modules_are_looked_at_and_those_for_tests_are_not() -> None:
    code = 'import os\nNAME = os.environ["HEROKU_APP_NAME"]\n'
    files = project(shop__views_py=code, web__settings_test_py=code)
    assert places(RULE, files) == ["shop/views.py:2"]


@pytest.mark.parametrize(
    "code", ['"DYNO" in names\n', 'os.environ["HEROKU"]\n', 'os.environ["DYNO"] = "x"\n', "'DYNO'\n"]
)
def test_other_uses_of_the_words_are_fine(code: str) -> None:
    assert places(RULE, project(f"import os\n{code}")) == []
