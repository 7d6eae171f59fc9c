"""Logs written to files."""

import pytest

from tests.doctor.cases import fix_procfile, fix_settings, places, project

RULE = "log-files"


def test_a_handler_of_files_becomes_one_of_streams() -> None:
    before = (
        "LOGGING = {\n    'handlers': {\n        'file': {\n            'level': 'INFO',\n"
        "            'class': 'logging.handlers.RotatingFileHandler',\n"
        "            'filename': LOGS / 'x.log',  # here\n"
        "            'maxBytes': 5 * 1024,\n            # how\n            'formatter': 'plain',\n"
        "        },\n    },\n}\n"
    )
    assert places(RULE, project(before)) == ["web/settings.py:3"]
    assert fix_settings(RULE, before) == (
        "LOGGING = {\n    'handlers': {\n        'file': {\n            'level': 'INFO',\n"
        "            'class': 'logging.StreamHandler',\n"
        "            # how\n            'formatter': 'plain',\n        },\n    },\n}\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"filename": "x", "class": "logging.FileHandler"}', '{"class": "logging.StreamHandler"}'),
        ('{"class": "logging.FileHandler", "filename": "x", "mode": "a"}', '{"class": "logging.StreamHandler"}'),
    ],
)
def test_a_handler_on_one_line_is_mended_too(before: str, after: str) -> None:
    assert (
        fix_settings(RULE, f'LOGGING = {{"handlers": {{"x": {before}}}}}\n')
        == f'LOGGING = {{"handlers": {{"x": {after}}}}}\n'
    )


def test_basic_config_writes_to_stderr() -> None:
    assert fix_settings(RULE, "logging.basicConfig(filename='x.log', level=10)\n") == "logging.basicConfig(level=10)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("web: gunicorn web.wsgi --access-logfile log/a.log\n", "web: gunicorn web.wsgi --access-logfile -\n"),
        ("w: celery -A a worker --logfile=log/c.log -c 2\n", "w: celery -A a worker -c 2\n"),
        ("w: celery -A a worker -f c.log\n", "w: celery -A a worker\n"),
    ],
)
def test_commands_write_to_stdout(before: str, after: str) -> None:
    assert fix_procfile(RULE, before) == after


def test_streams_are_fine() -> None:
    settings = 'LOGGING = {"handlers": {"x": {"class": "logging.StreamHandler"}}}\n'
    assert places(RULE, project(settings, "web: gunicorn web.wsgi --log-file -\n")) == []
