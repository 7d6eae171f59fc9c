"""Which rows are proven again, and which differences of objects forbid a cutover."""

from dataclasses import replace

from homeport.postgres.checksum import digest_query, rows_of
from homeport.postgres.compare_schema import ObjectDifference
from homeport.postgres.cutover.proof import KEYS, limit, sendable_key, serious
from homeport.postgres.objects import Column, Table

ID = Column("Id", "bigint", True, None, "", "", None)
TAGS = Column("tags", "text[]", True, None, "", "", None)
TABLE = Table(
    oid=1, schema="public", name="t", kind="r", persistence="p", owner="me", is_ours=True, size_bytes=0, index_bytes=0,
    heap_blocks=0, rows_estimate=0, replica_identity="d", row_security=False, row_security_forced=False, parent=None,
    is_partition=False, bound=None, partition_key=None, is_populated=True, key=("Id",),
    has_primary_key=True, columns=(ID, TAGS),
)  # fmt: skip


def test_rows_are_limited_to_keys_that_stand_in_arrays() -> None:
    rows = limit(rows_of(TABLE, TABLE.columns, TABLE.key), ('"Id"',), ("bigint",))
    query = digest_query(rows)
    assert f'FROM "public"."t" WHERE ("Id") IN (SELECT * FROM unnest({KEYS}::text[]::bigint[]))' in query
    assert query.count(KEYS) == 1


def test_a_key_is_sent_with_the_types_of_its_columns() -> None:
    assert sendable_key(('"Id"',), TABLE) == (('"Id"',), ("bigint",))


def test_a_key_of_arrays_is_not_sent() -> None:
    assert sendable_key(('"Id"', '"tags"'), replace(TABLE, key=("Id", "tags"))) == ((), ())


def test_a_table_without_a_key_has_none_to_send() -> None:
    assert sendable_key((), TABLE) == ((), ())


def test_what_the_target_lacks_or_has_otherwise_forbids_a_cutover_and_the_rest_is_told() -> None:
    index = ObjectDifference("index", "public.a", "is missing in the target")
    more = ObjectDifference("index", "public.b", "is only in the target")
    role = ObjectDifference("role", "reader", "has grants in the source, and is missing in the target", is_note=True)
    body = ObjectDifference("function", "public.f()", "source is 'b' in the target, 'a' in the source")
    version = ObjectDifference("extension", "hstore", "is in schema a of the target, in b of the source")
    assert serious([index, more, role, body, version], ()) == (
        [
            "index public.a is missing in the target",
            "function public.f() source is 'b' in the target, 'a' in the source",
        ],
        [
            "index public.b is only in the target",
            "role reader has grants in the source, and is missing in the target",
            "extension hstore is in schema a of the target, in b of the source",
        ],
    )


def test_sequences_and_quiet_triggers_are_no_differences() -> None:
    value = ObjectDifference("sequence", "public.s", "last_value is 1 in the target, 2 in the source")
    trigger = ObjectDifference("trigger", "public.t.always", "enabled is 'D' in the target, 'A' in the source")
    step = ObjectDifference("sequence", "public.s", "increment is 1 in the target, 2 in the source")
    assert serious([value, trigger, step], {"public.t.always"}) == (
        ["sequence public.s increment is 1 in the target, 2 in the source"],
        [],
    )
