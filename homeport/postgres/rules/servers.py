"""Rules about the two servers: are they two, of fitting versions, and do they write texts alike?"""

from collections.abc import Iterator

from homeport.postgres.catalog import Catalog
from homeport.postgres.rules.finding import Finding, listed

OLDEST_MAJOR = 13
CONNECTIONS_WANTED = 9  # four jobs and what stays with the application
CONNECTIONS_NEEDED = 6


def same_database(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if source.identity == target.identity:
        yield Finding(
            "same-database",
            "refuses",
            f"source and target are the same database ({source.database.name})",
            "it would be copied onto itself",
            "name another target; a follower of the source is the source, too",
        )


def versions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    old, new = source.database.major, target.database.major
    if old < OLDEST_MAJOR:
        yield Finding(
            "versions",
            "refuses",
            f"the source is PostgreSQL {old}; {OLDEST_MAJOR} is the oldest that is tried",
            "what is not tried may lose rows",
            f"upgrade the source to {OLDEST_MAJOR} or later first",
        )
    if new < old:
        yield Finding(
            "versions",
            "refuses",
            f"the target is PostgreSQL {new}, older than the source's {old}",
            "an older server may not know what the newer one's schema says",
            f"create the target with version {old} or later",
        )


def standby(source: Catalog, target: Catalog) -> Iterator[Finding]:
    if target.database.in_recovery:
        yield Finding(
            "standby",
            "refuses",
            "the target is a standby",
            "it cannot be written",
            "name its primary as the target",
        )
    if source.database.in_recovery:
        yield Finding(
            "standby",
            "warns",
            "the source is a standby",
            "it can be read and compared, but changes cannot be captured there",
            "name the leader's URL to follow changes; a follower may serve the bulk of a copy",
        )


def encodings(source: Catalog, target: Catalog) -> Iterator[Finding]:
    old, new = source.database.encoding, target.database.encoding
    if old == "SQL_ASCII":
        yield Finding(
            "encodings",
            "warns",
            "the source's encoding is SQL_ASCII: its texts are bytes of no known encoding",
            "bytes that are not valid in the target's encoding are refused there",
            "rehearse the move: it names the first row that does not fit",
        )
    elif old != new:
        yield Finding(
            "encodings",
            "warns" if new == "UTF8" else "refuses",
            f"the source's encoding is {old}, the target's {new}",
            "texts are converted; a character that the target does not know stops the copy",
            "texts are copied in text form" if new == "UTF8" else "create the target with ENCODING 'UTF8'",
        )


def collations(source: Catalog, target: Catalog) -> Iterator[Finding]:
    old, new = source.database, target.database
    if (old.collate, old.ctype, old.provider) != (new.collate, new.ctype, new.provider):
        yield Finding(
            "collations",
            "warns",
            f"the source sorts by {old.collate} ({old.provider}), the target by {new.collate} ({new.provider})",
            "ORDER BY of texts changes; indexes are built anew, so none of them is wrong",
            f"create the target with LC_COLLATE '{old.collate}' if the order of texts matters",
        )
    # Those of a schema of the user's come along with it.
    absent = {each.name for each in source.collations if each.schema == "pg_catalog"} - new.collation_names
    if absent:
        yield Finding(
            "collations",
            "refuses",
            "columns use collations of the system that the target's does not have",
            "their tables cannot be created",
            "have them installed there, or alter the columns to a collation of your own: CREATE COLLATION",
            listed(absent),
        )


def collation_versions(source: Catalog, target: Catalog) -> Iterator[Finding]:
    stale = {each.name for each in source.collations if each.version and each.version != each.actual_version}
    if stale:
        yield Finding(
            "collation-versions",
            "warns",
            "the source's libraries sort otherwise than when these collations were made",
            "its text indexes may be wrong, and unique ones may have let duplicates in",
            "the target's indexes are built anew; a duplicate stops there and is named",
            listed(stale),
        )


def connections(source: Catalog, target: Catalog) -> Iterator[Finding]:
    for what, catalog in (("source", source), ("target", target)):
        left = catalog.database.connections_left
        if left >= CONNECTIONS_WANTED:
            continue
        yield Finding(
            "connections",
            "refuses" if left < CONNECTIONS_NEEDED else "warns",
            f"the {what} has {left} connections left",
            "five stay with the application; each job takes one on either side",
            "stop some processes of the application" if left < CONNECTIONS_NEEDED else "fewer jobs are used",
        )
