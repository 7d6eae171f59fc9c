"""collectstatic while an image is built, with the real Django."""

import sys
from pathlib import Path

import pytest

from homeport.deploy.bundle import build_bundle
from homeport.errors import HomeportError

pytestmark = pytest.mark.integration
PYTHON = f"3.{sys.version_info.minor}"
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """
import os
SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.staticfiles", "shop"]
STATIC_URL = "/static/"
STATIC_ROOT = "collected"
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "shop/static/shop").mkdir(parents=True)
    (folder / "shop/__init__.py").write_text("")
    (folder / "shop/static/shop/page.css").write_text("p {}")
    (folder / "manage.py").write_text(MANAGE)
    (folder / "settings.py").write_text(SETTINGS)
    (folder / "requirements.txt").write_text("django>=5,<6\n")
    return folder


def test_static_files_are_in_the_image_and_not_in_the_source(code: Path, tmp_path: Path) -> None:
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    assert (bundle.path / "app/collected/shop/page.css").read_text() == "p {}"
    assert not (code / "collected").exists()


def test_it_can_be_turned_off_and_projects_without_static_files_are_fine(code: Path, tmp_path: Path) -> None:
    off = build_bundle(code, PYTHON, tmp_path / "store", settings={"DISABLE_COLLECTSTATIC": "1"})
    assert not (off.path / "app/collected").exists()
    (code / "settings.py").write_text("SECRET_KEY = 'x'\nINSTALLED_APPS = []\n")
    assert build_bundle(code, PYTHON, tmp_path / "store").manifest.warnings == []


def test_a_project_without_a_root_gets_a_warning_and_a_broken_one_an_error(code: Path, tmp_path: Path) -> None:
    (code / "settings.py").write_text(SETTINGS.replace('STATIC_ROOT = "collected"', ""))
    assert "STATIC_ROOT is not set" in build_bundle(code, PYTHON, tmp_path / "store").manifest.warnings[0]
    (code / "settings.py").write_text(SETTINGS + "\nimport no_such_module\n")
    with pytest.raises(HomeportError, match="No module named 'no_such_module'") as error:
        build_bundle(code, PYTHON, tmp_path / "store")
    assert "DISABLE_COLLECTSTATIC" in error.value.hint


def test_a_build_sees_no_keys_of_aws(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    spy = '\nimport os\nopen("seen.txt", "w").write(repr(dict(os.environ)))\n'
    (code / "settings.py").write_text(SETTINGS + spy)
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    assert "hunter2" not in (bundle.path / "app/seen.txt").read_text()
