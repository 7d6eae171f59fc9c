"""The SQL of one delta, as text."""

from homeport.postgres.follow.capture import capture_statements
from homeport.postgres.follow.captured import Captured
from homeport.postgres.follow.statements import read_changes, write_changes, write_whole

KEYED = Captured(3, "public.a", ("id", '"the v"'), ("id",), "id integer not null")
KEYLESS = Captured(4, "public.b", ("v", "n"), (), "v text")


def test_a_key_is_read_once_with_the_row_as_it_is_now() -> None:
    read = read_changes(KEYED, 10, "1:2:")
    assert "SELECT DISTINCT k1 FROM homeport.log_3" in read
    assert 'SELECT k.k1, t.ctid IS NOT NULL, t.id, t."the v"' in read
    assert "pg_visible_in_snapshot" not in read


def test_images_that_were_applied_are_not_read_again() -> None:
    assert "NOT pg_catalog.pg_visible_in_snapshot(x, '1:2:')" in read_changes(KEYLESS, 10, "1:2:")
    assert "pg_visible_in_snapshot" not in read_changes(KEYLESS, 10, None)


def test_few_keys_are_looked_up_and_many_are_joined() -> None:
    assert "enable_hashjoin = off" in read_changes(KEYED, 100, None)
    assert "enable_hashjoin = on" in read_changes(KEYED, 1_000_000, None)
    assert "enable_hashjoin = on" in write_changes(KEYLESS, 100, deletes=True, kept=False)


def test_a_table_is_searched_for_images_only_if_some_were_deleted() -> None:
    assert "DELETE FROM ONLY public.b" in write_changes(KEYLESS, 1, deletes=True, kept=False)
    assert "DELETE FROM ONLY public.b" not in write_changes(KEYLESS, 1, deletes=False, kept=False)


def test_keys_are_kept_for_a_proof_only_while_one_is_under_way() -> None:
    assert "homeport.since_3" in write_changes(KEYED, 1, deletes=False, kept=True)
    assert "since" not in write_changes(KEYED, 1, deletes=False, kept=False)
    assert "homeport.since_whole VALUES (3)" in write_whole(KEYED, kept=True)
    assert "homeport.since_whole VALUES (4)" in write_changes(KEYLESS, 1, deletes=False, kept=True)


def test_the_functions_of_triggers_name_nothing_that_another_role_could_replace() -> None:
    bodies = [text for text in capture_statements(KEYED, always=True) if "CREATE FUNCTION" in text]
    assert len(bodies) == 3
    for body in bodies:
        assert "SECURITY DEFINER" in body
        inside = body.partition("'BEGIN ")[2]
        assert "INSERT INTO homeport." in inside
        assert not set("=<>|+") & set(inside)
