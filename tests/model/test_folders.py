"""What a service's folder adds to it, and what homeport.yml replaces."""

from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.model.load import load_platform


def load(folder: Path, processes: str) -> dict[str, str | None]:
    (folder / "shop").mkdir()
    (folder / "shop" / "Procfile").write_text("web: gunicorn shop\nextra_worker: celery worker\n")
    file = folder / "homeport.yml"
    file.write_text(f"name: shop\nservices:\n  shop:\n    path: shop\n    processes:\n{processes}")
    return {name: process.command for name, process in load_platform(file).services["shop"].processes.items()}


def test_a_process_with_a_command_stands_for_the_procfiles_line_of_a_name_that_is_not_allowed(tmp_path: Path) -> None:
    assert load(tmp_path, "      extra-worker: {command: celery worker -c 2}\n") == {
        "extra-worker": "celery worker -c 2",
        "web": "gunicorn shop",
    }


def test_without_a_command_the_name_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="process 'extra_worker' is not a name"):
        load(tmp_path, "      extra-worker: {cpu: 512, memory_mb: 1024}\n")
