"""A home that every user of this machine may enter, as PostgreSQL runs as another one when we are root."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.local import ledger
from homeport.local.home import Home


@pytest.fixture
def home() -> Iterator[Home]:
    path = Path(tempfile.mkdtemp(prefix="homeport-test-"))
    path.chmod(0o755)
    found = Home(path)
    found.token.write_text("token-of-the-test")
    yield found
    assert ledger.sweep(found) == [], "a test left processes behind"
    shutil.rmtree(path)
