"""A captured table → the SQL of a delta: what is read on the giving side, what is done with it on the other. Pure text.

`delta_<number>` is a temporary table of the receiving session, `since_<number>` holds keys for a proof (`kept`).
"""

from collections.abc import Mapping

from homeport.postgres.follow.captured import Captured

FEW_ROWS = 100_000  # up to here each key is looked up, whatever the planner thinks of a table without statistics
INVISIBLE = " WHERE NOT pg_catalog.pg_visible_in_snapshot(x, '{0}')"


def count_entries(table: Captured, applied: str | None, most: int) -> str:
    """Selects number, entries of the log that are not applied (counted up to `most`), those that delete among them."""
    delete = "0" if table.key else "count(*) FILTER (WHERE sign < 0)"
    columns = "1" if table.key else "sign"
    entries = f"SELECT {columns} FROM {table.log}{_not_applied(table, applied)} LIMIT {most}"
    return f"SELECT {table.number}, count(*), {delete} FROM ({entries}) AS entry"


def read_changes(table: Captured, rows: int, applied: str | None) -> str:
    """A COPY of what changed: each key once, whether its row is still there, and the row; or the images of rows.

    `rows` is the number of entries in the log, which may be one that `stage_keys` has made.
    """
    if not table.key:
        images = ", ".join(f"c{i}" for i in range(1, len(table.columns) + 1))
        query = f"SELECT sign, {images} FROM {table.log}{_not_applied(table, applied)}"
        return f"COPY ({query}) TO STDOUT{_form(table)}"
    keys = _names(table)
    same = " AND ".join(f"t.{column} = {key}" for column, key in zip(table.key, keys, strict=True))
    row = ", ".join([*(f"k.{key}" for key in keys), "t.ctid IS NOT NULL", *(f"t.{column}" for column in table.columns)])
    distinct = f"SELECT DISTINCT {', '.join(keys)} FROM {table.log}"
    query = f"SELECT {row} FROM ({distinct}) AS k LEFT JOIN ONLY {table.name} AS t ON {same}"
    return f"{_lookups(rows)}; COPY ({query}) TO STDOUT{_form(table)}"


def stage_keys(table: Captured) -> str:
    """What takes in keys as the slot tells them, and makes of them a log of the reading session, until it commits."""
    keys = ", ".join(f"{column} AS k{i}" for i, column in enumerate(table.key, 1))
    made = f"CREATE TEMPORARY TABLE IF NOT EXISTS log_{table.number} ON COMMIT DELETE ROWS"
    return f"{made} AS SELECT {keys} FROM ONLY {table.name} WITH NO DATA; COPY {table.log} FROM STDIN"


def read_whole(table: Captured) -> str:
    return f"COPY (SELECT {', '.join(table.columns)} FROM ONLY {table.name}) TO STDOUT{_form(table)}"


def write_changes(table: Captured, rows: int, *, deletes: bool, kept: bool) -> str:
    """What takes in `read_changes`. `deletes`: whether images of deleted rows are among it."""
    parts = [_staging(table), f"COPY {_delta(table)} FROM STDIN{_form(table)}"]
    if table.key:
        parts += [_lookups(rows)]
        parts += _apply_keys(table) + (_keep_keys(table) if kept else [])
    else:
        parts += [_lookups(FEW_ROWS + 1)]
        parts += _apply_images(table, deletes) + (keep_whole(table) if kept else [])
    return "; ".join([*parts, f"DELETE FROM {_delta(table)}"])


def write_whole(table: Captured, *, kept: bool) -> str:
    """What takes in `read_whole`."""
    columns = f" ({', '.join(table.columns)})" if table.columns else ""
    copy = f"COPY {table.name}{columns} FROM STDIN{_form(table)}"
    return "; ".join([f"DELETE FROM ONLY {table.name}", copy, *(keep_whole(table) if kept else [])])


def keep_whole(table: Captured) -> list[str]:
    """Remember that all of this table has to be proved again."""
    return [
        "CREATE TABLE IF NOT EXISTS homeport.since_whole (number int NOT NULL)",
        f"INSERT INTO homeport.since_whole VALUES ({table.number})",
    ]


def since(table: Captured) -> str:
    """Where the receiving side keeps the keys that were applied since the last proof: k1, k2…, some more than once."""
    return f"homeport.since_{table.number}"


def _staging(table: Captured) -> str:
    numbered = ", ".join(f"{column} AS c{i}" for i, column in enumerate(table.columns, 1))
    keys = "".join(f"{column} AS k{i}, " for i, column in enumerate(table.key, 1))
    extra = f"{keys}false AS alive" if table.key else "1 AS sign"
    return (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS delta_{table.number} ON COMMIT DELETE ROWS AS"
        f" SELECT {extra}, {numbered} FROM ONLY {table.name} WITH NO DATA"
    )


def _apply_keys(table: Captured) -> list[str]:
    same = " AND ".join(f"t.{column} = d.{key}" for column, key in zip(table.key, _names(table), strict=True))
    values = ", ".join(f"c{i}" for i in range(1, len(table.columns) + 1))
    return [
        f"DELETE FROM ONLY {table.name} AS t USING {_delta(table)} AS d WHERE {same}",
        f"INSERT INTO {table.name} ({', '.join(table.columns)}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM {_delta(table)} WHERE alive",
    ]


def _keep_keys(table: Captured) -> list[str]:
    keys = ", ".join(_names(table))
    made = f"CREATE TABLE IF NOT EXISTS {since(table)} AS SELECT {keys} FROM {_delta(table)} WITH NO DATA"
    return [made, f"INSERT INTO {since(table)} SELECT {keys} FROM {_delta(table)}"]


def _apply_images(table: Captured, deletes: bool) -> list[str]:
    """Rows are told apart by all of their text; of equal ones as many go or come as the signs add up to."""
    numbered = {column: f"c{i}" for i, column in enumerate(table.columns, 1)}
    values, columns = ", ".join(numbered.values()), ", ".join(table.columns)
    image, here = (_image(table, names) for names in (numbered, {column: column for column in table.columns}))
    net = f"SELECT {image} AS image, sum(sign) AS n FROM {_delta(table)} GROUP BY 1"
    counted = f"row_number() OVER (PARTITION BY {image}) AS i"
    rows = f"SELECT ctid AS place, {here} AS image, row_number() OVER (PARTITION BY {here}) AS i FROM ONLY {table.name}"
    delete = (
        f"DELETE FROM ONLY {table.name} WHERE ctid IN (SELECT place FROM ({rows}) AS t"
        f" JOIN ({net}) AS net USING (image) WHERE i <= -n)"
    )
    insert = (
        f"INSERT INTO {table.name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} FROM"
        f" (SELECT {values}, {image} AS image, {counted} FROM {_delta(table)} WHERE sign > 0) AS d"
        f" JOIN ({net}) AS net USING (image) WHERE i <= n"
    )
    return [delete, insert] if deletes else [insert]


def _image(table: Captured, names: Mapping[str, str]) -> str:
    """A digest of a row's text. A text may not be longer than 1 GB, and that of bytes is twice as long as they."""
    parts = [f"md5({name})" if column in table.bytes else name for column, name in names.items()]
    return f"md5(ROW({', '.join(parts)})::text)"


def _form(table: Captured) -> str:
    return " (FORMAT binary)" if table.binary else ""


def _lookups(rows: int) -> str:
    how = "off" if rows <= FEW_ROWS else "on"
    return f"SET LOCAL enable_hashjoin = {how}; SET LOCAL enable_mergejoin = {how}"


def _not_applied(table: Captured, applied: str | None) -> str:
    return INVISIBLE.format(applied) if applied and not table.key else ""


def _delta(table: Captured) -> str:
    return f"pg_temp.delta_{table.number}"


def _names(table: Captured) -> list[str]:
    return [f"k{i}" for i in range(1, len(table.key) + 1)]
