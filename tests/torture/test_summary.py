"""The last line of a long run: figures that can be quoted."""

from collections import Counter

from tests.torture.__main__ import summarize
from tests.torture.round import Report


def test_the_last_line_holds_all_figures() -> None:
    one = Report(Counter(fenced=3), {"follow: ready"}, Counter({"cut source": 2}), transactions=1200, big_rows=1)
    other = Report(Counter(copying=1), told=Counter({"moves given up": 1}), transactions=300)
    assert summarize(7, [one, other], 61.2)[-1] == (
        "nothing was lost: 2 rounds, 1,500 transactions committed, 1 rows of 50 MB, 4 kills (1 points among them), "
        "2 strikes of weather, moves given up 1, 61 s, seed 7"
    )
