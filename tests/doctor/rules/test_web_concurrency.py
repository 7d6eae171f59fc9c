"""WEB_CONCURRENCY, which Heroku's buildpack works out."""

import pytest

from tests.doctor.cases import find, fix_procfile, fix_settings, places, project

RULE = "web-concurrency"


@pytest.mark.parametrize("word", ["$WEB_CONCURRENCY", "${WEB_CONCURRENCY}"])
def test_a_command_gets_a_default(word: str) -> None:
    before = f"# servers\nweb: gunicorn web.wsgi -w {word} -k gthread\n"
    assert places(RULE, project("", before)) == ["Procfile:2"]
    after = "# servers\nweb: gunicorn web.wsgi -w ${WEB_CONCURRENCY:-2} -k gthread\n"
    assert fix_procfile(RULE, before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'import os\nN = int(os.environ["WEB_CONCURRENCY"])\n',
            'import os\nN = int(os.environ.get("WEB_CONCURRENCY", "2"))\n',
        ),
        ('N = os.environ.get("WEB_CONCURRENCY", 1)\n', 'N = os.environ.get("WEB_CONCURRENCY", 2)\n'),
        ("N = env.int('WEB_CONCURRENCY', default=1)\n", "N = env.int('WEB_CONCURRENCY', default=2)\n"),
        ("N = os.getenv('WEB_CONCURRENCY', '1')\n", "N = os.getenv('WEB_CONCURRENCY', '2')\n"),
    ],
)
def test_code_gets_a_default_of_two(before: str, after: str) -> None:
    assert fix_settings(RULE, before) == after


def test_a_read_that_fails_by_other_means_is_left_to_a_person() -> None:
    (found,) = find(RULE, project('N = env("WEB_CONCURRENCY")\n'))
    assert (found.severity, found.patch) == ("error", None)


def test_a_default_is_fine() -> None:
    assert (
        places(RULE, project('N = os.environ.get("WEB_CONCURRENCY", 3)\n', "web: x -w ${WEB_CONCURRENCY:-2}\n")) == []
    )
