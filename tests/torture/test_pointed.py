"""Named points: where a step kills itself."""

from pathlib import Path

from tests.torture.pointed import dying, point_kind


def test_a_point_is_the_same_whichever_table_it_is_about() -> None:
    assert point_kind("captured public.cart") == point_kind('captured "Shop"."a page"')
    assert point_kind("delta read 12") == point_kind("delta read 7")
    assert point_kind("after rows public.cart") != point_kind("before rows public.cart")


def test_a_step_dies_once_at_each_point(tmp_path: Path) -> None:
    deaths: list[str] = []
    for _ in range(2):
        at = dying("follow", tmp_path / "struck", "", lambda: deaths.append("died"))
        for point in ("one", "two public.cart", "two public.item"):
            at(point)
    assert len(deaths) == 2


def test_a_step_may_die_at_one_point_only(tmp_path: Path) -> None:
    deaths: list[str] = []
    at = dying("cutover", tmp_path / "struck", "fenced", lambda: deaths.append("died"))
    for point in ("fencing", "fence up", "fenced", "drained"):
        at(point)
    assert deaths == ["died"]
    assert (tmp_path / "struck").read_text() == "cutover: fenced\n"
