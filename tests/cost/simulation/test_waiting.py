"""The plot of the documents: its lines are the formula's, its circles lie on them."""

import pytest

from tests.bench.waiting import DOTS_AT, FILE, SERVERS, formula_ms, simulated_ms


@pytest.mark.parametrize("servers", SERVERS)
@pytest.mark.parametrize("utilisation", [0.4, 0.8])
def test_single_requests_take_as_long_as_the_formula_says(servers: int, utilisation: float) -> None:
    assert simulated_ms(servers, utilisation) == pytest.approx(formula_ms(servers, utilisation), rel=0.06)


def test_the_documents_show_a_line_and_circles_for_each_number_of_servers() -> None:
    plot = FILE.read_text()
    assert plot.count("<circle") == len(SERVERS) * len(DOTS_AT)
    assert plot.count('fill="none" stroke="#') == len(SERVERS) * (1 + len(DOTS_AT))
    assert f"]({FILE.name})" in (FILE.parent / "choose-scaling.md").read_text()
