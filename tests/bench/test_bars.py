"""A bar that is missed ends a run of benches with 1; one that the documents tell of hides no other."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.bench import bars
from tests.bench.__main__ import main
from tests.bench.bars import bar


@pytest.fixture(autouse=True)
def missed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setattr(bars, "missed", [])
    yield bars.missed


def test_a_figure_is_printed_beside_its_bar(capsys: pytest.CaptureFixture[str], missed: list[str]) -> None:
    assert bar("warm up", 7.1, "s", at_most=15)
    assert bar("throughput", 0.6, "×", at_least=0.6)
    assert not bar("memory", 701, "MB", at_most=700)
    assert capsys.readouterr().out.splitlines() == [
        "warm up: 7.10 s (bar: at most 15; kept)",
        "throughput: 0.60 × (bar: at least 0.6; kept)",
        "memory: 701.00 MB (bar: at most 700; MISSED)",
    ]
    assert missed == ["memory: 701.00 MB (bar: at most 700; MISSED)"]


@pytest.mark.parametrize(
    ("figure", "known", "code"), [(0.8, "", 0), (0.4, "", 1), (0.4, "two cores", 0), (float("nan"), "", 1)]
)
def test_a_missed_bar_ends_the_run_with_1(
    figure: float, known: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = ModuleType("tests.bench.of_a_test")
    bench.main = lambda: bar("figure", figure, at_least=0.6, known=known)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, bench.__name__, bench)
    assert main(["of_a_test"]) == code


def test_a_bench_that_breaks_ends_the_run_with_1() -> None:
    assert main(["no_such_bench"]) == 1
