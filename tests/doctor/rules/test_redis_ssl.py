"""Redis without a check of its certificate."""

import pytest

from tests.doctor.cases import find, fix, fix_settings, places, project

RULE = "redis-ssl"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('X = {"ssl_cert_reqs": None}  # Heroku\n', 'X = {"ssl_cert_reqs": "required"}  # Heroku\n'),
        ("X = {'ssl_cert_reqs': ssl.CERT_NONE,}\n", "X = {'ssl_cert_reqs': \"required\",}\n"),
        ("connect(url, ssl_cert_reqs=None)\n", 'connect(url, ssl_cert_reqs="required")\n'),
        ('X["ssl_cert_reqs"] = CERT_NONE\n', 'X["ssl_cert_reqs"] = "required"\n'),
        ('X = URL + "?ssl_cert_reqs=CERT_NONE"\n', 'X = URL + ""\n'),
        ('X = f"{URL}?ssl_cert_reqs=none&db=1"\n', 'X = f"{URL}?db=1"\n'),
        ('X = f"{URL}?db=1&ssl_cert_reqs=none"\n', 'X = f"{URL}?db=1"\n'),
    ],
)
def test_the_certificate_is_checked_again(before: str, after: str) -> None:
    assert places(RULE, project(before)) == ["web/settings.py:1"]
    assert fix_settings(RULE, before) == after


def test_code_outside_of_settings_is_looked_at() -> None:
    files = project(
        shop__queue_py="import redis\n\n\ndef open(url):\n    return redis.from_url(url, ssl_cert_reqs=None)\n"
    )
    assert places(RULE, files) == ["shop/queue.py:5"]
    assert fix(RULE, files)["shop/queue.py"].endswith('ssl_cert_reqs="required")\n')


def test_a_check_is_fine() -> None:
    assert places(RULE, project('X = {"ssl_cert_reqs": "required"}\n')) == []


def test_a_comment_on_the_check_is_left_alone_and_told() -> None:
    settings = 'X = {\n    # we need to disable certificate validation\n    "ssl_cert_reqs": None,\n}\n'
    (found,) = find(RULE, project(settings))
    assert "the comment at web/settings.py:2" in found.todo
    assert "# we need to disable certificate validation" in fix_settings(RULE, settings)
