"""What comes last: the values of sequences, and the rights of the roles that the target has."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from homeport.postgres.copy.contents import Contents, Grant
from homeport.postgres.copy.reading import read_sequences
from homeport.postgres.server import Connection, Server, connect

AT_ONCE = 500  # values of sequences, or rights, in a transaction: setval takes a lock, and GRANT of PostgreSQL 18 too

Item = TypeVar("Item")


def sequence_statements(source: Server, names: tuple[str, ...]) -> tuple[str, ...]:
    """setval for every sequence, with the values of this moment: never behind the rows that were copied."""
    if not names:
        return ("SELECT 1",)
    with connect(source, application="copy sequences", autocommit=True, what="the source") as connection:
        values = read_sequences(connection, names)
    calls = [f"SELECT setval({_literal(name)}, {last}, {str(called).lower()})" for name, last, called in values]
    return tuple("; ".join(some) for some in _batches(calls))


def render_rest(
    target: Connection, scripts: Iterable[str], contents: Contents, roles: Mapping[str, str]
) -> tuple[tuple[str, ...], list[str]]:
    """The last transactions, the last of which waits for the disk; and what they leave out, in words.

    Their number is the same in every run, whichever roles the target has: of a killed one so many are done.
    """
    known = {str(row[0]) for row in target.execute("SELECT rolname FROM pg_roles").fetchall()}
    revokes = ["; ".join(some) for some in _batches(contents.revokes)]
    grants = [map_grants(some, roles, known, target.info.user)[0] for some in _batches(contents.grants)]
    _, skipped = map_grants(contents.grants, roles, known, target.info.user)
    return (*scripts, *revokes, *map("; ".join, grants), "SET LOCAL synchronous_commit = on"), skipped


def map_grants(
    grants: Sequence[Grant], roles: Mapping[str, str], known: set[str], owner: str
) -> tuple[list[str], list[str]]:
    """GRANT statements for roles that the target knows, under their new names; and a line per role that it does not."""
    statements: list[str] = []
    unknown: dict[str, int] = {}
    for grant in grants:
        role = roles.get(grant.role, grant.role)
        if role and role not in known:
            unknown[role] = unknown.get(role, 0) + 1
        elif role != owner:
            whom = f'"{role.replace(chr(34), chr(34) * 2)}"' if role else "PUBLIC"
            more = " WITH GRANT OPTION" if grant.grantable and role else ""
            statements.append(f"{grant.default}GRANT {grant.privilege} ON {grant.object} TO {whom}{more}")
    return statements, [
        f"role {role}: {count} grants left out, the target has no such role" for role, count in unknown.items()
    ]


def _batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
