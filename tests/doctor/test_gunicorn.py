"""How a project runs gunicorn."""

import pytest

from homeport.doctor.gunicorn import Gunicorn, find_gunicorns
from homeport.doctor.project import Project


def gunicorn(command: str, **files: str) -> Gunicorn:
    (found,) = find_gunicorns(
        Project({"Procfile": f"web: {command}\n", **{k.replace("_py", ".py"): v for k, v in files.items()}})
    )
    return found


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("gunicorn x --workers 3", "3"),
        ("gunicorn x --workers=3", "3"),
        ('GUNICORN_CMD_ARGS="--workers=4 --threads 2" gunicorn x --workers 3', "4"),
        ("gunicorn -c conf_py x", "9"),
        ("cd src && gunicorn -c ../conf_py x", ""),
        ("gunicorn x", ""),
    ],
)
def test_a_value_is_found_where_gunicorn_takes_it_from(command: str, value: str) -> None:
    assert gunicorn(command.replace("_py", ".py"), conf_py="workers = 9\n").value("workers") == value


def test_a_config_that_is_not_there_is_not_known() -> None:
    assert gunicorn("gunicorn x").is_known
    assert not gunicorn("gunicorn -c nowhere.py x").is_known
    assert not gunicorn("gunicorn -c broken.py x", broken_py="workers = (\n").is_known


def test_only_some_workers_keep_connections() -> None:
    kept = [gunicorn(f"gunicorn x {more}").keeps_connections for more in ("", "-k sync", "--threads 2", "-k gevent")]
    assert kept == [False, False, True, True]
