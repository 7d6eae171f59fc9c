"""Uploaded files on the task's own disk."""

import pytest

from tests.doctor.cases import find, places, project

RULE = "local-files"
ROOT = "MEDIA_ROOT = BASE_DIR / 'media'\n"


@pytest.mark.parametrize(
    "more",
    [
        "",
        "DEFAULT_FILE_STORAGE = 'django.core.files.storage.FileSystemStorage'\n",
        "STORAGES = {'staticfiles': {'BACKEND': 'whitenoise.storage.X'}}\n",
        "if DEBUG:\n    DEFAULT_FILE_STORAGE = 'storages.backends.s3.S3Storage'\n",
    ],
)
def test_files_on_the_disk_are_found(more: str) -> None:
    (found,) = find(RULE, project(ROOT + more))
    assert (found.place, found.severity, found.patch) == ("web/settings.py:1", "error", None)


@pytest.mark.parametrize(
    "settings",
    [
        "",
        f"{ROOT}DEFAULT_FILE_STORAGE = 'storages.backends.s3.S3Storage'\n",
        f"{ROOT}STORAGES = {{'default': {{'BACKEND': 'storages.backends.s3.S3Storage'}}}}\n",
        f"{ROOT}STORAGES['default'] = {{'BACKEND': 'x.S3'}}\n",
        f"if DEBUG:\n    {ROOT}",
    ],
)
def test_files_elsewhere_are_fine(settings: str) -> None:
    assert places(RULE, project(settings)) == []
