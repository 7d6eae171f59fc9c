import re
from dataclasses import replace

from homeport.postgres.copy.contents import (
    Constraint,
    Contents,
    ForeignKey,
    Grant,
    Index,
    Table,
    View,
    load_contents,
    render_contents,
)
from homeport.postgres.copy.graph import Task
from homeport.postgres.copy.plan import LOADED, PARTITIONS, REST, SEQUENCES, SMALL_BYTES, chunk_ranges, plan_tasks
from homeport.postgres.copy.worker import FREEZE_BYTES, plan_rows


def table(name: str, *, bytes: int = 8192, pages: int = 1, binary: bool = True, condition: str = "") -> Table:
    return Table(name, ("id", '"Odd"'), binary, bytes, pages, condition)


CONTENTS = Contents(
    tables=(table("a", bytes=100_000, pages=10), table("b"), table("nothing", bytes=0, pages=0)),
    indexes=(
        Index(
            "a_pkey",
            "a",
            "CREATE UNIQUE INDEX a_pkey ON a (id)",
            10,
            "ALTER TABLE a ADD PRIMARY KEY USING INDEX a_pkey",
        ),
        Index("a_other", "a", "CREATE INDEX a_other ON a (id)", 10),
        Index("nothing_id", "nothing", "CREATE INDEX nothing_id ON nothing (id)", 0),
        Index("v_n", "v", "CREATE INDEX v_n ON v (n)", 0),
    ),
    constraints=(Constraint("b_x", "b", "ALTER TABLE b ADD EXCLUDE (id WITH =)", 10),),
    foreign_keys=(
        ForeignKey("b_a", "b", "a", "FOREIGN KEY (id) REFERENCES a", True, False, 8192),
        ForeignKey("b_b", "b", "b", "FOREIGN KEY (id) REFERENCES b", False, False, 8192),
    ),
    views=(View("w", True, 10, ("v",)), View("v", True, 10, ()), View("not_filled", False, 0, ())),
    large_objects=((1, 100), (101, 150)),
    grants=(Grant("SELECT", "TABLE a", "reader", False),),
)


def tasks(contents: Contents = CONTENTS, small_bytes: int = 0) -> dict[str, Task]:
    return {task.name: task for task in plan_tasks(contents, small_bytes=small_bytes)}


def test_a_small_table_is_one_chunk() -> None:
    assert chunk_ranges(table("a"), 1000) == [(0, None)]


def test_chunks_are_cut_by_what_a_table_weighs_with_its_toast() -> None:
    assert chunk_ranges(table("a", bytes=5000, pages=100), 1000) == [(0, 20), (20, 40), (40, 60), (60, 80), (80, None)]


def test_there_are_no_more_chunks_than_pages() -> None:
    assert chunk_ranges(table("a", bytes=10**12, pages=2), 1000) == [(0, 1), (1, None)]


def test_every_task_has_its_own_name_and_waits_for_tasks_that_exist() -> None:
    for small_bytes in (0, 8193, SMALL_BYTES):
        found = plan_tasks(CONTENTS, small_bytes=small_bytes)
        names = {task.name for task in found}
        assert len(names) == len(found)
        assert {name for task in found for name in task.after} <= names


def test_a_constraint_waits_for_all_indexes_of_its_table() -> None:
    assert set(tasks()["keys a"].after) == {"index a_pkey", "index a_other"}


def test_a_table_without_rows_gets_its_index_and_no_analyze() -> None:
    assert tasks()["index nothing_id"].after == ()
    assert "rows nothing" not in tasks()
    assert "analyze nothing" not in tasks()


def test_a_foreign_key_waits_for_the_keys_of_both_tables_and_is_checked_while_its_parent_is_analysed() -> None:
    found = tasks()
    added, checked = found["foreign keys b"], found["check foreign keys b"]
    assert set(added.after) == {"keys a", "keys b"}
    assert len(added.statements) == 1
    assert added.statements[0].count("NOT VALID") == 2
    assert checked.statements == ("ALTER TABLE b VALIDATE CONSTRAINT b_a",)
    assert set(checked.after) == {"foreign keys b", "analyze b"}


def test_no_table_is_analysed_while_a_foreign_key_from_or_to_it_is_added() -> None:
    """Each would wait for the other's lock."""
    found = tasks()
    assert set(found["analyze a"].after) == {"keys a", "foreign keys b"}
    assert set(found["analyze b"].after) == {"keys b", "foreign keys b"}


def test_the_check_of_a_table_without_rows_waits_for_no_analyze() -> None:
    empty = ForeignKey("nothing_a", "nothing", "a", "FOREIGN KEY (id) REFERENCES a", True, False, 0)
    found = tasks(replace(CONTENTS, foreign_keys=(empty,)))
    assert found["check foreign keys nothing"].after == ("foreign keys nothing",)


def test_only_a_key_of_a_partitioned_table_waits_for_every_other_table() -> None:
    """One that does not has better things to do while the slowest table is analysed."""
    parts = (
        Index("p_id", "p", "CREATE UNIQUE INDEX p_id ON ONLY p (id)", 0),
        Index("p1_id", "p1", "CREATE UNIQUE INDEX p1_id ON p1 (id)", 10, parent="p_id"),
    )
    contents = replace(CONTENTS, tables=(*CONTENTS.tables, table("p1")), indexes=(*CONTENTS.indexes, *parts))
    plain = tasks(contents)
    assert plain[PARTITIONS].statements == ("ALTER INDEX p_id ATTACH PARTITION p1_id",)
    assert set(plain[PARTITIONS].after) == {"index p_id", "index p1_id"}
    assert PARTITIONS in plain["analyze p1"].after
    assert plain[PARTITIONS].rank == plain["analyze p1"].rank  # so that what is long does not begin last
    assert PARTITIONS not in plain["analyze a"].after
    assert PARTITIONS not in plain["foreign keys b"].after
    to_part = ForeignKey("b_p1", "b", "p1", "FOREIGN KEY (id) REFERENCES p1", True, False, 8192)
    with_key = replace(contents, foreign_keys=(*contents.foreign_keys, to_part))
    assert PARTITIONS in tasks(with_key)["foreign keys b"].after
    of_all = ForeignKey("p_b", "p", "b", "FOREIGN KEY (id) REFERENCES b", True, True, 8192)
    whole = tasks(replace(contents, foreign_keys=(of_all,)))
    assert PARTITIONS in whole["foreign keys p"].after
    assert {"keys a", "keys b", "index p1_id"} <= set(whole[PARTITIONS].after)
    assert whole["foreign keys p"].cost > 0
    assert "check foreign keys p" not in whole
    assert "foreign keys p" in whole["analyze p1"].after


def test_a_table_whose_index_computes_something_is_analysed_early() -> None:
    """to_tsvector of a sample takes longer than the size of the index tells; nobody should wait for it at the end."""
    words = Index(
        "b_words", "b", "CREATE INDEX b_words ON b USING gin (to_tsvector('english', t))", 0, sampled_bytes=10**7
    )
    contents = replace(CONTENTS, indexes=(*CONTENTS.indexes, words))
    found = tasks(contents)
    assert found["analyze b"].cost > 1 > found["analyze a"].cost


def test_all_that_is_built_on_a_small_table_is_one_task_in_the_order_of_its_parts() -> None:
    found = tasks(small_bytes=SMALL_BYTES)
    assert found["build a"].statements == (
        "CREATE UNIQUE INDEX a_pkey ON a (id); CREATE INDEX a_other ON a (id); "
        "ALTER TABLE a ADD PRIMARY KEY USING INDEX a_pkey; ANALYZE a",
    )
    assert found["build a"].after == ("rows a",)
    assert found["build nothing"].statements == ("CREATE INDEX nothing_id ON nothing (id)",)
    assert found["build nothing"].after == ()
    keys = found["foreign keys b"]
    assert set(keys.after) == {"build a", "build b"}
    assert len(keys.statements) == 1
    assert re.findall("NOT VALID|VALIDATE", keys.statements[0]) == ["NOT VALID", "NOT VALID", "VALIDATE"]
    assert not [name for name in found if name.startswith(("keys ", "analyze a", "analyze b", "index a"))]
    assert "index v_n" in found  # of a view, whose size nobody knows before


def test_only_tables_below_the_limit_are_small() -> None:
    found = tasks(small_bytes=100_000)
    assert "build b" in found
    assert {"index a_pkey", "index a_other", "keys a", "analyze a"} <= set(found)
    assert set(found["foreign keys b"].after) == {"keys a", "build b"}
    assert set(found["analyze a"].after) == {"keys a", "foreign keys b"}


def test_a_view_waits_for_every_row_and_for_the_views_that_it_reads() -> None:
    assert tasks()["refresh w"].after == (LOADED, "refresh v")
    assert tasks()["index v_n"].after == ("refresh v",)
    assert "refresh not_filled" not in tasks()


def test_loaded_waits_for_all_rows_and_large_objects_and_the_rest_for_everything() -> None:
    assert set(tasks()[LOADED].after) == {"rows a", "rows b", "large objects 1-100", "large objects 101-150"}
    assert set(tasks()[REST].after) == set(tasks()) - {REST}
    assert tasks()[SEQUENCES].after == (LOADED,)


def test_a_whole_table_is_emptied_and_frozen_and_a_chunk_or_a_small_one_is_neither() -> None:
    contents = Contents(tables=(table("a", bytes=FREEZE_BYTES, pages=10), table("b", bytes=FREEZE_BYTES - 1)))
    rows = plan_rows(contents, plan_tasks(contents), chunk_ranges)
    assert rows["rows a"].read == 'COPY a (id, "Odd") TO STDOUT (FORMAT binary)'
    assert rows["rows a"].write == 'TRUNCATE ONLY a; COPY a (id, "Odd") FROM STDIN (FORMAT binary, FREEZE)'
    assert rows["rows b"].write == 'COPY b (id, "Odd") FROM STDIN (FORMAT binary)'
    half = FREEZE_BYTES // 2
    parts = plan_rows(contents, plan_tasks(contents, half), lambda one: chunk_ranges(one, half))
    assert parts["rows a from 5 to the end"].read == (
        "COPY (SELECT id, \"Odd\" FROM ONLY a WHERE ctid >= '(5,0)'::tid) TO STDOUT (FORMAT binary)"
    )
    assert parts["rows a from 0 to 5"].write == 'COPY a (id, "Odd") FROM STDIN (FORMAT binary)'


def test_types_without_a_portable_binary_form_go_as_text() -> None:
    contents = Contents(tables=(table("a", binary=False, bytes=FREEZE_BYTES),))
    rows = plan_rows(contents, plan_tasks(contents), chunk_ranges)["rows a"]
    assert rows.read == 'COPY a (id, "Odd") TO STDOUT'
    assert rows.write == 'TRUNCATE ONLY a; COPY a (id, "Odd") FROM STDIN (FREEZE)'


def test_of_an_extensions_table_only_the_users_rows_are_copied_and_nothing_is_emptied() -> None:
    contents = Contents(tables=(table("a", condition="WHERE id > 9", bytes=10**12, pages=10),))
    rows = plan_rows(contents, plan_tasks(contents), chunk_ranges)["rows a"]
    assert "FROM ONLY a WHERE id > 9" in rows.read
    assert "TRUNCATE" not in rows.write


def test_contents_survive_being_written_down() -> None:
    assert load_contents(render_contents(CONTENTS)) == CONTENTS
