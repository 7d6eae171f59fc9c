import pytest

from homeport.cli.db_copy import read_rate
from homeport.errors import HomeportError


@pytest.mark.parametrize(("text", "rate"), [("500", 500), ("20M", 20_000_000), ("1.5k", 1500), ("1G", 10**9)])
def test_a_rate_is_bytes_per_second(text: str, rate: int) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "-5", "0", "5T"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(HomeportError, match="is not a number of bytes per second"):
        read_rate(text)
