"""Static files: collected while the image is built, and served by somebody."""

from tests.doctor.cases import APPS, find, fix_settings, places, project

RULE = "collectstatic"


def test_a_missing_root_is_written() -> None:
    before = f"BASE_DIR = '.'\n{APPS}"
    assert places(RULE, project(before)) == ["web/settings.py:2"]
    after = f"import os\nBASE_DIR = '.'\n{APPS}STATIC_ROOT = os.path.join(BASE_DIR, \"staticfiles\")\n"
    assert fix_settings(RULE, before) == after


def test_files_that_nobody_serves_are_found() -> None:
    (found,) = find(RULE, project(f"{APPS}STATIC_ROOT = 'x'\nMIDDLEWARE = ['a.b']\n"))
    assert (found.place, found.patch) == ("web/settings.py:3", None)


def test_a_build_without_collectstatic_is_noted() -> None:
    files = project(f"{APPS}STATIC_ROOT = 'x'\n") | {"app.json": '{"env": {"DISABLE_COLLECTSTATIC": "1"}}'}
    (found,) = find(RULE, files)
    assert (found.place, found.severity) == ("app.json", "note")


def test_whitenoise_or_a_bucket_are_fine() -> None:
    root = f"{APPS}STATIC_ROOT = 'x'\n"
    assert places(RULE, project(f"{root}MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n")) == []
    assert (
        places(RULE, project(f"{APPS}STATICFILES_STORAGE = 'storages.backends.s3.S3Storage'\nMIDDLEWARE = ['a']\n"))
        == []
    )
    assert places(RULE, project("INSTALLED_APPS = ['shop']\nMIDDLEWARE = ['a']\n")) == []
