"""collectstatic while an image is built, with the real Django."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.deploy.bundle import build_bundle
from homeport.deploy.static import collect_static
from homeport.deploy.uv import NOWHERE, base_environment
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


ASKS_BOTO3 = """
import json
import boto3
from botocore.config import Config
s3 = boto3.client("s3", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}, connect_timeout=5))
try:
    s3.put_object(Bucket="static", Key="page.css", Body=b"p {}")
    ended = "uploaded"
except Exception as error:
    ended = type(error).__name__
keys = boto3.Session().get_credentials()
json.dump(
    {
        "keys": keys and [keys.method, keys.access_key],
        "profiles": boto3.Session().available_profiles,
        "endpoint": s3.meta.endpoint_url,
        "ended": ended,
        "environment": dict(os.environ),
    },
    open("seen.json", "w"),
)
"""


@pytest.fixture
def boto3_folder(tmp_path: Path) -> str:
    """For PYTHONPATH: boto3 and what it needs, as links, so that the project need not install them."""
    folder = tmp_path / "boto3-only"
    folder.mkdir()
    installed = Path(importlib.util.find_spec("boto3").origin).parents[1]  # type: ignore[union-attr, arg-type]
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py"):
        (folder / name).symlink_to(installed / name)
    return str(folder)


@pytest.fixture
def built(code: Path, tmp_path: Path) -> Path:
    """The image of a project whose settings ask boto3 to upload, before they have done so."""
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    (bundle.path / "app/settings.py").write_text(SETTINGS + ASKS_BOTO3)
    return bundle.path


@pytest.fixture
def their_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's who works with the real AWS, behind a proxy."""
    (tmp_path / "home/.aws").mkdir(parents=True)
    keys = "aws_access_key_id = AKIAREAL\naws_secret_access_key = hunter2\n"
    (tmp_path / "home/.aws/credentials").write_text(f"[default]\n{keys}")
    (tmp_path / "home/.aws/config").write_text("[profile work]\nregion = us-east-1\n")
    (tmp_path / "home/.boto").write_text(f"[Credentials]\n{keys}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AWS_PROFILE", "work")
    for name in ("HTTP_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.of.theirs:3128")
    monkeypatch.setenv("no_proxy", "*")


def seen_by_settings(built: Path, boto3_folder: str, **settings: str) -> dict[str, Any]:
    """What settings.py sees during collectstatic, and how its upload ended."""
    collect_static(built / "app", built / "venv", {"PYTHONPATH": boto3_folder, **settings}, lambda _: None)
    seen: dict[str, Any] = json.loads((built / "app/seen.json").read_text())
    return seen


def test_collectstatic_can_reach_no_aws(built: Path, boto3_folder: str, their_machine: None) -> None:
    seen = seen_by_settings(built, boto3_folder)
    assert (seen["keys"], seen["profiles"], seen["endpoint"]) == (None, [], NOWHERE)
    assert seen["ended"] == "NoCredentialsError"
    assert "hunter2" not in str(seen) and "of.theirs" not in str(seen)
    own = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "its own", "NO_PROXY": "*"}
    assert seen_by_settings(built, boto3_folder, **own)["ended"] == "EndpointConnectionError"
    real = {**own, "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com"}
    assert seen_by_settings(built, boto3_folder, **real)["ended"] == "ProxyConnectionError"


def test_uv_keeps_the_users_proxy_and_finds_no_keys(their_machine: None) -> None:
    given = base_environment()
    assert given["https_proxy"] == "http://proxy.of.theirs:3128" and given["HOME"]
    assert given["AWS_SHARED_CREDENTIALS_FILE"] == given["AWS_CONFIG_FILE"] == os.devnull
    assert given["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY"} & set(given)
