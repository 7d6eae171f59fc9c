"""Settings that cannot be imported without their config."""

import pytest

from tests.doctor.cases import APPS, find, places, project

RULE = "build-config"


@pytest.mark.parametrize(
    "code", ['os.environ["MAIL_KEY"]', 'env("MAIL_KEY")', 'config("MAIL_KEY")', 'env.str("MAIL_KEY")']
)
def test_what_a_build_misses_is_named(code: str) -> None:
    (found,) = find(RULE, project(f"{APPS}KEY = {code}\nOTHER = os.environ['OTHER']\n"))
    assert (found.place, found.severity) == ("web/settings.py:2", "warning")
    assert "without MAIL_KEY, OTHER," in found.title


@pytest.mark.parametrize(
    "code",
    [
        'K = os.environ.get("KEY")\n',
        'K = env("KEY", default="")\n',
        'K = config("KEY", "")\n',
        'K = os.environ["SECRET_KEY"]\n',
        'env = environ.Env(KEY=(str, ""))\nK = env("KEY")\n',
        'if X:\n    K = os.environ["KEY"]\n',
        'K = os.environ["KEY"] if "KEY" in os.environ else ""\n',
        'K = X and os.environ["KEY"]\n',
        'try:\n    K = os.environ["KEY"]\nexcept KeyError:\n    K = ""\n',
        'def key():\n    return os.environ["KEY"]\n',
        'os.environ["KEY"] = "x"\n',
        'D = dj_database_url.config(env="DATABASE_URL")\n',
    ],
)
def test_what_a_build_can_do_without_is_fine(code: str) -> None:
    assert places(RULE, project(APPS + code)) == []


def test_without_static_files_nothing_is_imported() -> None:
    assert places(RULE, project('K = os.environ["KEY"]\n')) == []


def test_many_names_are_cut_short() -> None:
    (found,) = find(RULE, project(APPS + "".join(f"K = os.environ['K{n}']\n" for n in range(9))))
    assert "without K0, K1, K2, K3, K4, K5 and 3 more," in found.title
