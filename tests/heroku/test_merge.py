"""What a person edited stays; what only Heroku changed comes in; nothing else moves."""

import io
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.errors import HomeportError
from homeport.heroku.convert import convert
from homeport.heroku.merge import merge
from tests.heroku.convert.team import team

BASE = """\
# The platform
name: shop
services:
  shop:                # the shop
    path: shop
    processes:
      web: {cpu: 256, memory_mb: 512} # small
    uses: [shop-db]
databases:
  shop-db: {version: "15"}
"""


def read(text: str) -> Any:
    return yaml.load(io.StringIO(text), Loader=yaml.BaseLoader)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_the_first_import_writes_what_was_generated() -> None:
    assert merge(None, None, BASE).text == BASE


def test_importing_twice_changes_nothing() -> None:
    merged = merge(BASE, BASE, BASE)
    assert (merged.text, merged.applied, merged.kept) == (BASE, (), ())


def test_a_file_that_nobody_edited_becomes_the_generated_one_and_the_differences_are_shown() -> None:
    generated = changed(BASE, "cpu: 256", "cpu: 512")
    merged = merge(BASE, BASE, generated)
    assert merged.text == generated
    assert [(d.path, d.text) for d in merged.applied] == [("services.shop.processes.web.cpu", "256 → 512")]


def test_an_edited_file_keeps_its_bytes_if_heroku_did_not_change() -> None:
    edited = changed(BASE, "path: shop", "path:   ../code/shop    # ours")
    assert merge(BASE, edited, BASE).text == edited


def test_edits_and_changes_of_different_values_come_together_with_comments_and_order() -> None:
    edited = changed(BASE, "# the shop", "# our very own shop")
    edited = changed(edited, "path: shop", "path: code/shop")
    generated = changed(BASE, 'version: "15"', 'version: "16"')
    merged = merge(BASE, edited, generated)
    assert merged.text == changed(edited, 'version: "15"', 'version: "16"')
    assert [d.path for d in merged.applied] == ["databases.shop-db.version"]


def test_where_both_changed_the_persons_value_is_kept_and_told() -> None:
    edited = changed(BASE, "cpu: 256", "cpu: 1024")
    generated = changed(BASE, "cpu: 256", "cpu: 512")
    merged = merge(BASE, edited, generated)
    assert merged.text == edited
    assert [(d.path, d.text) for d in merged.kept] == [
        ("services.shop.processes.web.cpu", "yours is 1024; Heroku says 512")
    ]


def test_what_a_person_deleted_stays_deleted() -> None:
    edited = changed(BASE, '  shop-db: {version: "15"}\n', "  other-db: {}\n")
    generated = changed(BASE, "path: shop", "path: new")
    merged = merge(BASE, edited, generated)
    assert list(read(merged.text)["databases"]) == ["other-db"]
    again = merge(BASE, edited, changed(BASE, 'version: "15"', 'version: "16"'))
    assert list(read(again.text)["databases"]) == ["other-db"]
    assert [d.path for d in again.kept] == ["databases.shop-db"]


def test_what_is_gone_on_heroku_goes_unless_a_person_edited_it() -> None:
    more = BASE + "  old-db: {}\n"
    edited = changed(more, "# The platform", "# Ours")
    assert list(read(merge(more, edited, BASE).text)["databases"]) == ["shop-db"]
    touched = changed(edited, "old-db: {}", "old-db: {storage_gb: 40}")
    merged = merge(more, touched, BASE)
    assert list(read(merged.text)["databases"]) == ["shop-db", "old-db"]
    assert [d.path for d in merged.kept] == ["databases.old-db"]


def test_what_a_person_wrote_a_comment_to_does_not_go() -> None:
    more = BASE + "  old-db: {}\n"
    edited = changed(more, "old-db: {}", "old-db: {} # keep it until May")
    merged = merge(more, edited, BASE)
    assert merged.text == edited
    assert [d.path for d in merged.kept] == ["databases.old-db"]


@pytest.mark.parametrize("old", ["  old-db: {}\n", '  old-db:\n    version: "14"\n'])
def test_a_comment_after_what_goes_is_never_lost(old: str) -> None:
    edited = BASE + old + "  # the next is ours\n  ours-db: {}\n"
    merged = merge(BASE + old, edited, BASE)
    assert "# the next is ours" in merged.text
    assert "ours-db" in read(merged.text)["databases"]


def test_a_new_service_comes_in_at_its_place_without_disturbing_the_others() -> None:
    edited = changed(BASE, "# The platform", "# Ours")
    new = "  api:\n    path: api\n    # a comment of the generated file\n    uses: [shop-db]\n  shop:"
    merged = merge(BASE, edited, changed(BASE, "  shop:", new))
    assert list(read(merged.text)["services"]) == ["api", "shop"]
    assert read(merged.text)["services"]["api"] == {"path": "api", "uses": ["shop-db"]}
    assert "# Ours" in merged.text and "# the shop" in merged.text


def test_lists_are_merged_item_by_item() -> None:
    edited = changed(BASE, "uses: [shop-db]", "uses: [shop-db, mail]")
    generated = changed(BASE, "uses: [shop-db]", "uses: [shop-db, shop-cache]")
    merged = merge(BASE, edited, generated)
    assert read(merged.text)["services"]["shop"]["uses"] == ["shop-db", "mail", "shop-cache"]


def test_charges_are_told_apart_by_what_they_are_for() -> None:
    base = "heroku:\n  charges:\n    - {app: a, item: x, cents: 1}\n    - {app: b, item: y, cents: 2}\n"
    edited = changed(base, "cents: 2", "cents: 20")
    merged = merge(base, edited, changed(base, "cents: 1", "cents: 10"))
    assert [charge["cents"] for charge in read(merged.text)["heroku"]["charges"]] == ["10", "20"]


def test_a_file_written_by_hand_is_only_added_to() -> None:
    own = "name: mine\nservices:\n  shop: {path: elsewhere}\n"
    merged = merge(None, own, BASE)
    document = read(merged.text)
    assert document["name"] == "mine"
    assert document["services"]["shop"]["path"] == "elsewhere"
    assert document["databases"] == {"shop-db": {"version": "15"}}
    assert {d.path for d in merged.kept} == {"name", "services.shop.path"}


@pytest.mark.parametrize("odd", ["a: [", "- a\n- b", "a: b: c", "\tx: 1"])
def test_a_file_that_is_no_mapping_is_an_error_that_names_the_place(odd: str) -> None:
    with pytest.raises(HomeportError, match=r"^homeport.yml:\d"):
        merge(BASE, odd, BASE + "x: 1\n")


def test_the_teams_own_file_survives_a_merge() -> None:
    generated = convert(team()).platform_text
    edited = changed(generated, 'account: "000000000001"', 'account: "210000000002"')
    later = changed(generated, "cpu: 2048, memory_mb: 4096", "cpu: 4096, memory_mb: 8192")
    merged = merge(generated, edited, later)
    assert read(merged.text) == read(changed(later, 'account: "000000000001"', 'account: "210000000002"'))
    assert len(merged.applied) == 2
    assert merge(later, merged.text, later).text == merged.text


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["a", "b", 1, 2, True]),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("pqrs"), VALUES, min_size=1, max_size=4).map(
    lambda document: yaml.safe_dump(document, sort_keys=False)
)


@settings(max_examples=80)
@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_merging_again_changes_nothing_and_only_one_sides_change_always_wins(base: str, edited: str, new: str) -> None:
    merged = merge(base, edited, new)
    assert merge(new, merged.text, new).text == merged.text
    assert read(merge(base, base, new).text) == read(new)
    assert merge(base, edited, base).text == edited
