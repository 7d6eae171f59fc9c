"""Ranges of blocks: all of a table once, and none too large because of what is toasted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from homeport.postgres.checksum import Rows
from homeport.postgres.compare_rows import CHUNK_BYTES, chunks


def rows(size_bytes: int, blocks: int) -> Rows:
    return Rows("t", "", "k", "r", size_bytes, blocks)


@given(size_bytes=st.integers(0, 10**12), blocks=st.integers(0, 10**6))
def test_chunks_meet_and_cover_everything(size_bytes: int, blocks: int) -> None:
    found = chunks(rows(size_bytes, blocks), 15)
    if found == [None]:
        return
    ranges = [each for each in found if each]
    assert ranges[0][0] == 0 and ranges[-1][1] is None
    assert all(one[1] == other[0] and one[0] < other[0] for one, other in pairwise(ranges))


def test_few_blocks_with_much_toast_are_cut_as_well() -> None:
    assert len(chunks(rows(10 * CHUNK_BYTES, 500), 15)) == 10
    assert len(chunks(rows(10 * CHUNK_BYTES, 3), 15)) == 3


def test_versions_that_cannot_read_a_range_read_the_whole() -> None:
    assert chunks(rows(10 * CHUNK_BYTES, 50_000), 13) == [None]
