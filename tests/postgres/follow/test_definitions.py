"""Objects that are changed behind our back while a database is followed: named, refused, accepted if the user wants."""

from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.postgres.cutover.follow_back import follow_back
from homeport.postgres.follow.definitions import find_changed
from homeport.postgres.follow.run import FollowOptions, Listener
from homeport.postgres.server import Server, connect
from tests.postgres.clusters import Cluster, heroku_like, rds_like, run_sql
from tests.postgres.cutover.sides import run_cutover, run_rollback
from tests.postgres.follow.both import run_follow

pytestmark = pytest.mark.integration
Find = Callable[..., Cluster]
MADE = (
    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    "CREATE TYPE pair AS (one int, other text)",
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 1, m mood, p int REFERENCES parent, CHECK (n > 0))",
    "CREATE INDEX t_n ON t (n)",
    "CREATE FUNCTION f(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1'",
    "CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)",
    "CREATE VIEW v AS SELECT id FROM public.t",
    "CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS n FROM public.t",
    "CREATE SEQUENCE s",
    "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()",
    "CREATE RULE r AS ON DELETE TO t WHERE OLD.id < 0 DO INSTEAD NOTHING",
    "CREATE POLICY mine ON t USING (id > 0)",
    "CREATE TABLE part (id int) PARTITION BY RANGE (id)",
    "CREATE STATISTICS st (dependencies) ON id, n FROM t",
    "INSERT INTO t SELECT i FROM generate_series(1, 10) i",
)
CHANGED = {
    "CREATE OR REPLACE FUNCTION f(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 2'":
        "function public.f(i integer): was changed",
    "ALTER FUNCTION g() SECURITY DEFINER": "function public.g(): was changed",
    "DROP AGGREGATE total (int)": "aggregate public.total(integer): is gone",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM public.t WHERE n > 0": "view public.v: was changed",
    "CREATE MATERIALIZED VIEW mw AS SELECT 1 AS n": "materialized view public.mw: is new",
    "ALTER TABLE t ALTER n SET DEFAULT 2": "column public.t.n: was changed",
    "ALTER TABLE t DROP CONSTRAINT t_p_fkey": "constraint public.t: t_p_fkey: is gone",
    "ALTER TABLE t ADD CONSTRAINT small CHECK (n < 9)": "constraint public.t: small: is new",
    "DROP INDEX t_n": "index public.t_n: is gone",
    "ALTER TABLE t DISABLE TRIGGER g": "trigger public.t: g: was changed",
    "DROP RULE r ON t": "rule public.t: r: is gone",
    "ALTER POLICY mine ON t USING (id > 1)": "policy public.t: mine: was changed",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY": "table public.t: was changed",
    "ALTER TYPE mood ADD VALUE 'so-so'": "type public.mood: was changed",
    "ALTER DOMAIN positive SET DEFAULT 1": "type public.positive: was changed",
    "ALTER TYPE pair ADD ATTRIBUTE more int": "type public.pair: was changed",
    "ALTER SEQUENCE s INCREMENT 2": "sequence public.s: was changed",
    "CREATE SCHEMA fresh": "schema fresh: is new",
    "CREATE TABLE part_one PARTITION OF part DEFAULT PARTITION BY RANGE (id)": "table public.part_one: is new",
    "DROP STATISTICS st": "statistics public.st: is gone",
}  # fmt: skip


def make(find: Find, one: str, other: str) -> tuple[Server, Server]:
    source, target = heroku_like(find(one)), rds_like(find(other))
    run_sql(source, *MADE)
    return source, target


def changes(server: Server) -> list[str]:
    with connect(server, application="test", autocommit=True) as connection:
        return find_changed(connection)


def test_each_kind_of_change_is_named_and_what_only_looks_like_one_is_none(cluster: Find, tmp_path: Path) -> None:
    source, target = make(cluster, "15", "15")
    run_follow(source, target, tmp_path / "state")
    harmless = [
        "UPDATE t SET n = 5",
        "TRUNCATE t",
        "SELECT nextval('s')",
        "REFRESH MATERIALIZED VIEW mv",
        "VACUUM FULL t",
    ]
    run_sql(source, *harmless, "REINDEX INDEX CONCURRENTLY t_n", "ANALYZE")
    one = cluster("15")
    one.stop("immediate")
    one.start()
    assert changes(source) == []
    said: set[str] = set()
    for statement, words in CHANGED.items():
        run_sql(source, statement)
        new = set(changes(source)) - said
        assert words in new and len(new) <= 2, (statement, new)
        said |= new


@pytest.mark.parametrize(("one", "other"), [("15", "15"), ("13", "18")])
def test_a_changed_function_refuses_the_cutover_until_it_is_undone_or_accepted(
    cluster: Find, tmp_path: Path, one: str, other: str
) -> None:
    source, target = make(cluster, one, other)
    run_follow(source, target, tmp_path / "state")
    changed, first = [text.format(n) for n in (2, 1) for text in (
        "CREATE OR REPLACE FUNCTION f(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + {}'",)]  # fmt: skip
    run_sql(source, changed)
    words = r"function public\.f\(i integer\): was changed"
    with pytest.raises(HomeportError, match=words):
        run_follow(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match=words) as refused:
        run_cutover(source, target, tmp_path / "state")
    assert "--accept-differences" in str(refused.value.hint)
    run_sql(source, first)
    run_follow(source, target, tmp_path / "state")
    run_sql(source, changed, "INSERT INTO t VALUES (11)")
    said: list[str] = []
    run_follow(source, target, tmp_path / "state", FollowOptions(accept_differences=True), said)
    assert "function public.f(i integer): was changed; accepted" in said
    with pytest.raises(HomeportError, match=r"function public\.f\(i integer\) source is .* in the target"):
        run_cutover(source, target, tmp_path / "state")
    run_sql(target, changed)
    assert run_cutover(source, target, tmp_path / "state").phase == "switched"
    assert changes(target) == []


def test_a_change_of_the_target_ends_the_way_back_until_it_is_accepted(cluster: Find, tmp_path: Path) -> None:
    source, target = make(cluster, "15", "15")
    run_follow(source, target, tmp_path / "state")
    run_cutover(source, target, tmp_path / "state")
    run_sql(target, "CREATE INDEX late ON t (m)", "INSERT INTO t VALUES (12)")
    with pytest.raises(HomeportError, match=r"index public\.late: is new"):
        run_rollback(source, target, tmp_path / "state")
    with pytest.raises(HomeportError, match=r"index public\.late: is new"):
        follow_back(source, target, tmp_path / "state", Listener(), stop=lambda lag: True)
    run_sql(source, "CREATE INDEX late ON t (m)")
    assert run_rollback(source, target, tmp_path / "state", accept_differences=True).phase == "returned"
    assert run_sql(source, "SELECT max(id) FROM t") == [(12,)]


def test_a_row_that_needs_a_change_of_a_type_names_that_change(cluster: Find, tmp_path: Path) -> None:
    source, target = make(cluster, "15", "15")
    said: list[str] = []

    def change(point: str) -> None:
        if point == "delta begun" and not said:
            said.append(point)
            run_sql(source, "ALTER TYPE mood ADD VALUE 'new'", "INSERT INTO t VALUES (20, 1, 'new')")

    with pytest.raises(HomeportError, match=r"type public\.mood: was changed\n.*invalid input value for enum"):
        run_follow(source, target, tmp_path / "state", at=change)
