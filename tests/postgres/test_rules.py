"""Each rule of the pre-flight, on a real source or target that has exactly what the rule is about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from homeport.postgres.catalog import Catalog, read_catalog
from homeport.postgres.rules import RULES
from homeport.postgres.rules.finding import Finding, Severity
from homeport.postgres.server import Server, connect
from tests.postgres.clusters import Cluster, heroku_like, installed_majors, rds_like, run_sql

pytestmark = pytest.mark.integration

Clusters = Callable[..., Cluster]


def read(server: Server) -> Catalog:
    with connect(server, application="test") as connection:
        return read_catalog(connection)


def findings(source: Server, target: Server) -> list[Finding]:
    here, there = read(source), read(target)
    return [finding for rule in RULES for finding in rule(here, there)]


@pytest.fixture(scope="module")
def empty(cluster: Clusters) -> Server:
    """A target without anything in it."""
    return rds_like(cluster("15"))


@dataclass(frozen=True)
class Case:
    """What the source's owner, or the superuser in its database, does; what is then found, and about what."""

    rule: str
    severity: Severity
    owner: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


EXCLUSION = "CREATE TABLE t (id int PRIMARY KEY, during tstzrange, EXCLUDE USING gist (during WITH &&))"
CASES = (
    Case("owners", "refuses", admin=("CREATE TABLE public.t (id int PRIMARY KEY)",), names=("public.t (postgres)",)),
    Case("source-rights", "refuses", admin=("ALTER DATABASE {database} OWNER TO postgres",
         "GRANT CONNECT ON DATABASE {database} TO {user}")),
    Case("source-rights", "warns", admin=("REVOKE pg_signal_backend FROM {user}",)),
    Case("large-object-owners", "refuses", admin=("SELECT lo_create(0)",)),
    Case("row-security", "refuses", ("CREATE TABLE t (id int PRIMARY KEY)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
         "ALTER TABLE t FORCE ROW LEVEL SECURITY"), names=("public.t",)),
    Case("row-security", "informs", ("CREATE TABLE t (id int PRIMARY KEY)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY"),
         names=("public.t",)),
    Case("keys", "warns", ("CREATE TABLE t (id int UNIQUE)", "CREATE TABLE u (id int NOT NULL UNIQUE)"),
         names=("public.t (about 0 rows)",)),
    Case("loaded-whole", "informs", ("CREATE TABLE t ()", "CREATE TABLE u (id int)"), names=("public.t",)),
    Case("unlogged", "warns", ("CREATE UNLOGGED TABLE t (id int PRIMARY KEY)",), names=("public.t",)),
    Case("foreign-tables", "warns", admin=("CREATE EXTENSION file_fdw", "CREATE SERVER files FOREIGN DATA WRAPPER"
         " file_fdw"), names=("server files (file_fdw)",)),
    Case("exclusion-constraints", "informs", (EXCLUSION,), names=("public.t: t_during_excl",)),
    Case("partitioned", "informs", ("CREATE TABLE t (at date) PARTITION BY RANGE (at)",), names=("public.t",)),
    Case("generated-columns", "informs", ("CREATE TABLE t (id int PRIMARY KEY, g int GENERATED ALWAYS AS (1) STORED)",),
         names=("public.t.g",)),
    Case("identity-columns", "informs", ("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",),
         names=("public.t.id",)),
    Case("replica-identity", "informs", ("CREATE TABLE t (id int PRIMARY KEY)", "ALTER TABLE t REPLICA IDENTITY"
         " NOTHING"), names=("public.t",)),
    Case("unvalidated-constraints", "informs", ("CREATE TABLE t (id int PRIMARY KEY)",
         "ALTER TABLE t ADD CHECK (id > 0) NOT VALID"), names=("public.t: t_id_check",)),
    Case("materialized-views", "informs", ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one",), names=("public.m",)),
    Case("event-triggers", "warns", admin=("CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
         "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION e()"), names=("watch (on ddl_command_end)",)),
    Case("peculiar-triggers", "warns", ("CREATE TABLE t (id int PRIMARY KEY)",
         "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
         "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "ALTER TABLE t ENABLE ALWAYS TRIGGER"
         " x"), names=("public.t: x",)),
    Case("foreign-code", "refuses", admin=("CREATE FUNCTION public.c() RETURNS language_handler LANGUAGE c AS"
         " '$libdir/plpgsql', 'plpgsql_call_handler'",), names=("public.c",)),
    Case("large-objects", "warns", ("SELECT lo_create(0)",)),
    Case("settings", "informs", ("ALTER DATABASE {database} SET search_path = shop, public",),
         names=("search_path = shop, public",)),
    Case("role-settings", "warns", ("ALTER ROLE {user} SET search_path = shop",), names=("search_path = shop",)),
    Case("role-settings", "warns", ("ALTER ROLE {user} IN DATABASE {database} SET statement_timeout = '9s'",),
         names=("statement_timeout = 9s",)),
    Case("publications", "informs", ("CREATE PUBLICATION p",), names=("p",)),
    Case("heroku-extensions", "informs", admin=("CREATE SCHEMA heroku_ext", "CREATE EXTENSION citext SCHEMA"
         " heroku_ext"), names=("citext",)),
    Case("untrusted-extensions", "warns", admin=("CREATE EXTENSION pageinspect",), names=("pageinspect",)),
    Case("extension-versions", "informs", admin=("CREATE EXTENSION hstore VERSION '1.4'",
         "UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'hstore'"),
         names=("hstore 0.9 (there: 1.4, 1.5, 1.6, 1.7, 1.8)",)),
    Case("connections", "warns", admin=("ALTER ROLE {user} CONNECTION LIMIT 9",)),
    Case("connections", "refuses", admin=("ALTER ROLE {user} CONNECTION LIMIT 5",)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.severity}")
def test_a_rule_finds_what_it_is_about(cluster: Clusters, empty: Server, case: Case) -> None:
    one = cluster("15")
    source = heroku_like(one)
    before = {(f.rule, f.severity) for f in findings(source, empty)}
    assert (case.rule, case.severity) not in before
    words = {"user": source.user, "database": source.database}
    run_sql(source, *(text.format(**words) for text in case.owner))
    run_sql(one.admin(source.database), *(text.format(**words) for text in case.admin))
    (finding,) = [f for f in findings(source, empty) if (f.rule, f.severity) == (case.rule, case.severity)]
    assert finding.what and finding.why and finding.then
    assert finding.objects == tuple(name.format(**words) for name in case.names)


def test_an_untouched_source_and_an_empty_target_have_nothing_to_warn_of(cluster: Clusters, empty: Server) -> None:
    found = findings(heroku_like(cluster("15")), empty)
    assert {(f.rule, f.severity) for f in found} == {("room", "informs")}


def test_a_grant_to_a_role_that_the_target_lacks_is_named(cluster: Clusters) -> None:
    one = cluster("15")
    source = heroku_like(one)
    run_sql(source, "CREATE TABLE t (id int PRIMARY KEY)")
    run_sql(one.admin(source.database), "CREATE ROLE reader", "GRANT SELECT ON t TO reader")
    (finding,) = [f for f in findings(source, rds_like(cluster(installed_majors()[-1]))) if f.rule == "roles"]
    assert finding.objects == ("reader",)


def test_room_counts_what_is_toasted(cluster: Clusters, empty: Server) -> None:
    source = heroku_like(cluster("15"))
    run_sql(source, "CREATE TABLE t (v text)", "ALTER TABLE t ALTER v SET STORAGE EXTERNAL")
    run_sql(source, "INSERT INTO t VALUES (repeat('x', 7000000))")
    (room,) = [f for f in findings(source, empty) if f.rule == "room"]
    assert room.what == "the rows take 7 MB (TOAST counted), their indexes 0 MB"


def test_the_same_database_is_refused_through_any_url(cluster: Clusters) -> None:
    server = heroku_like(cluster("15"))
    for other in (server, replace(server, host="localhost")):
        assert "same-database" in {f.rule for f in findings(server, other)}
    assert "same-database" not in {f.rule for f in findings(server, heroku_like(cluster("15")))}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t ()",
        "CREATE VIEW v AS SELECT 1 AS one",
        "CREATE SEQUENCE s",
        "CREATE TYPE m AS ENUM ('a')",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_create(0)",
    ],
)
def test_a_target_that_holds_anything_is_refused(cluster: Clusters, statement: str) -> None:
    target = rds_like(cluster("15"))
    run_sql(target, statement)
    (finding,) = [f for f in findings(heroku_like(cluster("15")), target) if f.rule == "not-empty"]
    assert finding.severity == "refuses"
    assert len(finding.objects) == 1
    assert f"--into-nonempty {target.database}" in finding.then


def test_a_target_where_nothing_may_be_created_is_refused(cluster: Clusters) -> None:
    one = cluster("15")
    target = rds_like(one)
    one.execute(f"ALTER DATABASE {target.database} OWNER TO postgres")
    one.execute(f"GRANT CONNECT ON DATABASE {target.database} TO {target.user}")
    (finding,) = [f for f in findings(heroku_like(one), target) if f.rule == "target-rights"]
    assert finding.severity == "refuses"


def test_an_extension_that_the_target_lacks_is_refused(cluster: Clusters) -> None:
    if "16" not in installed_majors():
        pytest.skip("the bundled server is the one without extensions")
    source, target = heroku_like(cluster("15"), ["hstore"]), rds_like(cluster("16"))
    offered = {each.name for each in read(target).available}
    found = [f.objects for f in findings(source, target) if f.rule == "missing-extensions"]
    assert found == ([] if "hstore" in offered else [("hstore 1.8",)])


def test_an_older_target_is_refused_and_a_newer_one_is_not(cluster: Clusters) -> None:
    oldest, newest = installed_majors()[0], installed_majors()[-1]
    old, new = (heroku_like(cluster(major)) for major in (oldest, newest))
    assert "versions" in {f.rule for f in findings(new, old)}
    assert "versions" not in {f.rule for f in findings(old, new)}


@pytest.mark.parametrize(("encoding", "severity"), [("LATIN1", "warns"), ("SQL_ASCII", "warns"), ("UTF8", None)])
def test_encodings_that_differ_are_named(
    cluster: Clusters, empty: Server, encoding: str, severity: Severity | None
) -> None:
    source = heroku_like(cluster("15"), options=f"ENCODING '{encoding}'")
    found = [f.severity for f in findings(source, empty) if f.rule == "encodings"]
    assert found == ([severity] if severity else [])


def test_a_target_of_a_narrower_encoding_is_refused(cluster: Clusters) -> None:
    target = rds_like(cluster("15"), options="ENCODING 'LATIN1'")
    assert [f.severity for f in findings(heroku_like(cluster("15")), target) if f.rule == "encodings"] == ["refuses"]


def test_another_order_of_texts_and_a_missing_collation_are_named(cluster: Clusters) -> None:
    one = cluster("15")
    source, target = heroku_like(one, options="LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"), rds_like(one)
    run_sql(source, "CREATE COLLATION ours (locale = 'C')", "CREATE TABLE t (id text COLLATE ours PRIMARY KEY)")
    found = {f.severity: f for f in findings(source, target) if f.rule == "collations"}
    assert "sorts by C.UTF-8" in found["warns"].what
    assert found.keys() == {"warns"}  # that of the user comes along
    run_sql(source, 'CREATE TABLE u (id text COLLATE "de-x-icu")')
    one.execute("DELETE FROM pg_collation WHERE collname = 'de-x-icu'", target.database)
    found = {f.severity: f for f in findings(source, target) if f.rule == "collations"}
    assert found["refuses"].objects == ("de-x-icu",)


def test_a_function_of_an_index_that_needs_a_search_path_is_named(cluster: Clusters) -> None:
    source, target = heroku_like(cluster("15")), rds_like(cluster("18"))
    body = "RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'"
    run_sql(source, *(f"CREATE FUNCTION {name}(i int) {body}" for name in ("a", "b", "c")))
    run_sql(source, "ALTER FUNCTION b SET search_path = public", "CREATE TABLE t (i int)")
    run_sql(source, "CREATE INDEX ON t (a(i), b(i))")
    (finding,) = [f for f in findings(source, target) if f.rule == "search-path"]
    assert finding.objects == ("public.a(i integer)",)


def test_predefined_roles_and_the_owner_are_no_missing_roles(cluster: Clusters) -> None:
    one = cluster("15")
    source, target = heroku_like(one, ["citext"]), rds_like(cluster("18"))
    run_sql(source, "CREATE TABLE t (id int PRIMARY KEY)", "GRANT SELECT ON t TO pg_monitor")
    assert not [f for f in findings(source, target) if f.rule == "roles"]


def test_a_collation_of_another_library_version_is_named(cluster: Clusters, empty: Server) -> None:
    one = cluster("15")
    source = heroku_like(one)
    run_sql(source, "CREATE COLLATION ours (provider = icu, locale = 'de')", "CREATE TABLE t (v text COLLATE ours)")
    rule = "collation-versions"
    assert rule not in {f.rule for f in findings(source, empty)}
    one.execute("UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'ours'", source.database)
    (finding,) = [f for f in findings(source, empty) if f.rule == rule]
    assert finding.objects == ("ours",)


def test_an_invalid_index_is_named(cluster: Clusters, empty: Server) -> None:
    one = cluster("15")
    source = heroku_like(one)
    run_sql(source, "CREATE TABLE t (id int PRIMARY KEY, v int)", "CREATE INDEX broken ON t (v)")
    one.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass", source.database)
    (finding,) = [f for f in findings(source, empty) if f.rule == "invalid-indexes"]
    assert finding.objects == ("public.broken",)


@pytest.fixture
def locked(cluster: Clusters) -> Iterator[Server]:
    source = heroku_like(cluster("15"))
    run_sql(source, "CREATE TABLE t (id int PRIMARY KEY)")
    with connect(source, application="migration") as holder:
        holder.execute("LOCK TABLE public.t IN SHARE ROW EXCLUSIVE MODE")
        yield source


def test_strong_locks_are_named(locked: Server, empty: Server) -> None:
    (finding,) = [f for f in findings(locked, empty) if f.rule == "locks"]
    assert finding.objects[0].startswith("public.t: ShareRowExclusiveLock held by pid ")


def test_an_old_prepared_transaction_is_named(cluster: Clusters, empty: Server) -> None:
    """Open transactions are read by the same query; a minute is too long for a test, a prepared one counts at once."""
    source = heroku_like(cluster("15", max_prepared_transactions="5"))
    run_sql(source, "BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'forgotten'")
    (finding,) = [f for f in findings(source, empty) if f.rule == "long-transactions"]
    assert "prepared transaction forgotten" in finding.objects[0]
    run_sql(source, "ROLLBACK PREPARED 'forgotten'")
