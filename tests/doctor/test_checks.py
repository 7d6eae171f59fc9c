"""Django's own checks: what they print, and what they may know."""

from pathlib import Path

from homeport.doctor.checks import Ran, clean_environment, find_python, parse_checks, run_checks

SAID = """System check identified some issues:

ERRORS:
shop.Book.cover: (fields.E210) Cannot use ImageField because Pillow is not installed.
\tHINT: Get Pillow.

WARNINGS:
?: (security.W008) Your SECURE_SSL_REDIRECT setting is not set to True.

System check identified 2 issues (1 silenced).
"""


def test_what_is_printed_becomes_findings() -> None:
    found = parse_checks(Ran(SAID, 1), "manage.py")
    assert [(f.severity, f.title) for f in found] == [
        ("error", "fields.E210: shop.Book.cover: Cannot use ImageField because Pillow is not installed."),
        ("warning", "security.W008: Your SECURE_SSL_REDIRECT setting is not set to True."),
    ]


def test_no_issues_are_no_findings() -> None:
    assert parse_checks(Ran("System check identified no issues (0 silenced).\n", 0), "manage.py") == ()


def test_an_environment_without_django_is_one_finding() -> None:
    (found,) = parse_checks(Ran("Traceback\nModuleNotFoundError: No module named 'django'\n", 1), "manage.py")
    assert "cannot import Django" in found.title


def test_settings_that_cannot_be_imported_are_one_finding_without_a_secret() -> None:
    (found,) = parse_checks(Ran("Traceback\nValueError: postgres://me:secret@host/db\n", 1), "manage.py")
    assert found.title == "the checks could not run: ValueError: postgres://***@host/db"


def test_checks_that_do_not_end_are_one_finding() -> None:
    (found,) = parse_checks(Ran("", None), "manage.py")
    assert "did not come to an end" in found.title


def test_no_credentials_are_passed_on() -> None:
    own = {
        **{"PATH": "/bin", "LC_ALL": "C", "HOME": "/home/me", "AWS_PROFILE": "prod", "AWS_SECRET_ACCESS_KEY": "x"},
        **{"HEROKU_API_KEY": "x", "DATABASE_URL": "x", "SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "x"},
    }
    clean = clean_environment(own, Path("/empty"))
    assert set(clean) == {"PATH", "LC_ALL", "HOME", "SECRET_KEY", "AWS_EC2_METADATA_DISABLED"}
    assert clean["HOME"] == "/empty" and clean["SECRET_KEY"] != "x"
    assert clean_environment(own, Path("/empty"), "s.prod")["DJANGO_SETTINGS_MODULE"] == "s.prod"


def test_a_project_without_manage_py_or_environment_says_so(tmp_path: Path) -> None:
    (nothing,) = run_checks(tmp_path, None)
    assert "no manage.py" in nothing.title
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "manage.py").touch()
    (no_python,) = run_checks(tmp_path, None)
    assert (no_python.place, "no environment" in no_python.title) == ("src/manage.py", True)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    assert find_python(tmp_path, tmp_path / "src") == tmp_path / ".venv" / "bin" / "python"
