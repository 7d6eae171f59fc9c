"""The live tree of the example, as it stands in this folder: a change of it is seen in review.

After a change that is meant: `pytest tests/golden --update-golden`.
"""

from pathlib import Path

import pytest

from homeport.model.load import load_platform
from homeport.terraform.live import render_live_tree

GOLDEN = Path(__file__).parent / "magicbook"
EXAMPLE = Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml"


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_the_live_tree_is_as_it_was(environment: str, request: pytest.FixtureRequest) -> None:
    files = render_live_tree(load_platform(EXAMPLE), environment)
    if request.config.getoption("--update-golden", default=False):
        for path, text in files.items():
            (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / path).write_text(text)
    expected = {
        p.relative_to(GOLDEN).as_posix(): p.read_text() for p in (GOLDEN / environment).rglob("*") if p.is_file()
    }
    assert files == expected, "meant? then: pytest tests/golden --update-golden"
