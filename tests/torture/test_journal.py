"""Journals → what tables must hold."""

from pathlib import Path

from tests.torture.journal import Effect, Entry, Journal, find_differences, read_journal, replay
from tests.torture.proof import decide


def entry(identifier: int, *effects: Effect, outcome: str = "committed") -> Entry:
    return Entry(identifier, "source", effects, outcome)  # type: ignore[arg-type]


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    effects = (Effect("put", "t", "k", "row é", version=3), Effect("add", "a", "1", amount=-5))
    for identifier in (1, 2, 3):
        journal.intend(Entry(identifier, "target", effects))
    journal.conclude(1, "committed")
    journal.conclude(2, "undone")
    journal.close()
    read = read_journal(tmp_path / "one")
    assert [each.outcome for each in read] == ["committed", "undone", "unknown"]
    assert all(each.effects == effects and each.side == "target" for each in read)


def test_only_what_was_committed_counts() -> None:
    done, undone = Effect("put", "t", "a", "1"), Effect("put", "t", "a", "2")
    found = replay({}, [[entry(1, done), entry(2, undone, outcome="undone")]])
    assert found == {"deed": {"1": "1"}, "t": {"a": "1"}}


def test_a_key_that_is_deleted_comes_back() -> None:
    effects = (Effect("put", "t", "a", "1"), Effect("drop", "t", "a"), Effect("put", "t", "a", "2"))
    assert replay({}, [[entry(1, *effects)]])["t"] == {"a": "2"}
    assert replay({}, [[entry(1, *effects[:2])]])["t"] == {}


def test_rows_of_several_writers_are_ordered_by_their_version() -> None:
    late, early = Effect("put", "t", "a", "late", version=2), Effect("put", "t", "a", "early", version=1)
    assert replay({}, [[entry(1, late)], [entry(2, early)]])["t"] == {"a": "late"}


def test_amounts_of_several_writers_add_up() -> None:
    more, less = Effect("add", "t", "a", amount=5), Effect("add", "t", "a", amount=-7)
    assert replay({"t": {"a": "100"}}, [[entry(1, more)], [entry(2, less)]])["t"] == {"a": "98"}


def test_equal_rows_are_counted() -> None:
    one, gone = Effect("bag", "t", row="(x)", amount=1), Effect("bag", "t", row="(x)", amount=-1)
    assert replay({}, [[entry(1, one, one, gone)]])["t"] == {"(x)": "1"}
    assert replay({}, [[entry(1, gone, one)]])["t"] == {}


def test_a_truncate_ends_what_other_writers_added_before_it() -> None:
    old, new = (Effect("put", "t", str(n), "row", generation=n) for n in (1, 2))
    truncated = Effect("generation", "t", generation=2)
    assert replay({"t": {"0": "row"}}, [[entry(1, truncated, new)], [entry(2, old)]])["t"] == {"2": "row"}


def test_differences_name_the_rows() -> None:
    lines = find_differences({"t": {"a": "1", "b": "2"}}, {"t": {"a": "1", "c": "3"}})
    assert lines == ["t: 2 rows differ: b: journal 2, database none; c: journal none, database 3"]
    assert find_differences({"t": {"a": "1"}}, {"t": {"a": "1"}}) == []


def test_an_unknown_transaction_is_decided_by_its_own_row() -> None:
    decided = decide([[entry(1, outcome="unknown"), entry(2, outcome="unknown"), entry(3, outcome="undone")]], {"1"})
    assert [each.outcome for each in decided[0]] == ["committed", "undone", "undone"]
