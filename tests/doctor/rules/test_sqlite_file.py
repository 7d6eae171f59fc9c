"""A database in a file."""

import pytest

from tests.doctor.cases import find, places, project

RULE = "sqlite-file"
SQLITE = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n"


def test_a_file_is_no_database_here() -> None:
    (found,) = find(RULE, project(f"X = 1\n{SQLITE}"))
    assert (found.place, found.severity) == ("web/settings.py:2", "error")


@pytest.mark.parametrize(
    "settings",
    [
        f"{SQLITE}DATABASES['default'].update(dj_database_url.config())\n",
        "DATABASES = {'default': dj_database_url.config(default='sqlite:///db.sqlite3')}\n",
        f"if DEBUG:\n    {SQLITE}",
        f"if 'DYNO' in os.environ:\n    DATABASES = {{'default': env.db()}}\nelse:\n    {SQLITE}",
        f"{SQLITE}locals().update(more())\n",
    ],
)
def test_a_file_for_developers_is_fine(settings: str) -> None:
    assert places(RULE, project(settings)) == []
