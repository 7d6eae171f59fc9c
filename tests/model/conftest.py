"""A folder in which a homeport.yml can be written and its mistakes read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.model.load import load_platform


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the code of a service `shop` (web, worker, release), a function `resize` and a site `www`."""
    for name in ("shop", "resize", "www"):
        (tmp_path / name).mkdir()
    (tmp_path / "shop/Procfile").write_text("web: gunicorn shop.wsgi\nworker: ./consume\nrelease: ./migrate\n")
    (tmp_path / "resize/main.py").write_text("def handler(event, context): ...\n")
    return tmp_path


@pytest.fixture
def mistakes(folder: Path) -> Callable[[str | bytes], list[str]]:
    """Load a text as homeport.yml; the lines of the error without the folder, or nothing if it is valid."""

    def load(text: str | bytes) -> list[str]:
        file = folder / "homeport.yml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            load_platform(file)
        except HomeportError as error:
            return [line.replace(f"{folder}/", "") for line in error.message.splitlines()]
        return []

    return load
