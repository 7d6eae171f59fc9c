"""ALLOWED_HOSTS that names Heroku's host names."""

import pytest

from tests.doctor.cases import APPS, find, fix_settings, places, project

RULE = "allowed-hosts"


def test_a_heroku_host_becomes_the_hosts_of_the_environment() -> None:
    before = (
        '"""Shop."""\n\nimport sys\n\nALLOWED_HOSTS = [\n    "shop.example",  # ours\n    "shop.herokuapp.com",\n]\n'
    )
    assert places(RULE, project(before)) == ["web/settings.py:7"]
    assert fix_settings(RULE, before) == (
        '"""Shop."""\n\nimport os\nimport sys\n\nALLOWED_HOSTS = [\n    "shop.example",  # ours\n'
        '    *os.environ.get("ALLOWED_HOSTS", "").split(","),\n]\n'
    )


def test_further_heroku_hosts_go() -> None:
    before = 'import os\nALLOWED_HOSTS = ["a.herokuapp.com", "b.herokuapp.com", "shop.example"]\n'
    after = 'import os\nALLOWED_HOSTS = [*os.environ.get("ALLOWED_HOSTS", "").split(","), "shop.example"]\n'
    assert fix_settings(RULE, before) == after


@pytest.mark.parametrize(
    "host",
    [
        "f\"{os.environ['HEROKU_APP_NAME']}.example\"",
        '"%s.herokuapp.com" % NAME',
        "HOST",
    ],
)
def test_a_host_that_is_built_is_found(host: str) -> None:
    settings = f'import os\nHOST = os.environ.get("HEROKU_APP_NAME")\nALLOWED_HOSTS = [{host}]\n'
    assert places(RULE, project(settings)) == ["web/settings.py:3"]
    assert 'ALLOWED_HOSTS = [*os.environ.get("ALLOWED_HOSTS", "").split(",")]' in fix_settings(RULE, settings)


def test_a_list_that_is_computed_is_found_and_left_to_a_person() -> None:
    (found,) = find(RULE, project('ALLOWED_HOSTS = "x.herokuapp.com".split(",")\n'))
    assert found.patch is None and found.severity == "error"


def test_an_append_becomes_an_extend() -> None:
    before = "import os\nif X:\n    ALLOWED_HOSTS.append('.herokuapp.com')  # Heroku\n"
    after = 'import os\nif X:\n    ALLOWED_HOSTS.extend([*os.environ.get("ALLOWED_HOSTS", "").split(",")])  # Heroku\n'
    assert fix_settings(RULE, before) == after


def test_a_missing_setting_is_written_below_the_middleware() -> None:
    before = f"import os\n{APPS}MIDDLEWARE = [\n    'a',\n]\nX = 1\n"
    line = 'ALLOWED_HOSTS = [*os.environ.get("ALLOWED_HOSTS", "").split(",")]'
    assert fix_settings(RULE, before) == f"import os\n{APPS}MIDDLEWARE = [\n    'a',\n]\n{line}\nX = 1\n"


@pytest.mark.parametrize(
    "settings",
    [
        'ALLOWED_HOSTS = ["*"]\n',
        'ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n',
        'ALLOWED_HOSTS = []\nif HEROKU_APP_NAME:\n    ALLOWED_HOSTS.append("x.herokuapp.com")\n',
        'if DEBUG:\n    ALLOWED_HOSTS = ["dev.herokuapp.com"]\nelse:\n    ALLOWED_HOSTS = ["shop.example"]\n',
    ],
)
def test_other_hosts_are_fine(settings: str) -> None:
    assert places(RULE, project(APPS + settings)) == []
