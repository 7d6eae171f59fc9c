"""The application's transactions: each writes some rows, and says as effects what it did to them.

Rows that one writer alone writes carry its number; accounts only ever gain and lose amounts; seats count their own
versions; a table that is emptied has a generation. So the journal of each writer is enough to know the end.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.torture.journal import Effect, Tables

ACCOUNTS, SEATS = 100, 12
BALANCE = 1000
BIG_BYTES = 50_000_000
ITEM_KEY = "concat_ws('/', t.cart, t.line)"
# Table → the key and the row as text; without a key: the row alone. `cache` is unlogged: a crash may empty it.
READ = {
    "deed": ("t.id::text", "t.id::text"),
    "account": ("t.id::text", "t.balance::text"),
    "transfer": ("t.id::text", "t::text"),
    "thing": ("t.code", "t::text"),
    "seat": ("t.name", "t::text"),
    "loose": (None, "t::text"),
    '"Shop"."a page"': ("""concat_ws('/', t.chapter, t.writer, t."Number")""", "t::text"),
    "measure": ("concat_ws('/', trim_scale(t.at), t.writer)", "t::text"),
    "event": ("concat_ws(' ', t.id, t.day)", "t.tableoid::regclass::text || t::text"),
    "cart": ("t.name", "concat_ws(' ', t.name, t.writer)"),  # a migration adds columns to it
    "item": (ITEM_KEY, "t::text"),
    "tally": ("t.writer::text", "t.carts::text"),
    "batch": ("t.id::text", "t::text"),
    "scrap": (None, "t::text"),
    "attachment": ("t.id::text", "concat_ws(' ', t.writer, length(t.body), md5(t.body))"),
}
NUMBERS = [0.0, -0.0, 1.5, float("nan"), float("inf"), float("-inf"), 1e-300, 0.1]
AMOUNTS = ["0.00", "NaN", "-1.10", "12345678901234567890.000000001", "1e-20"]
TIMES = ["infinity", "-infinity", "2024-02-29 12:00:00.000001", "0044-03-15 BC", None]
SPANS = ["1 mon -2 days 03:04:05", "-00:00:00.1", None]
TEXTS = ["", "plain", "tab\tback\\slash\nline", "é漢字𝄞", "\\N", "'\"$$,{}()", None]
DOCUMENTS = ['{"a": [1, 2.50, null], "é": "\\u0001"}', "null", "[]", '"\\\\"', None]
DAYS = ["2024-05-05", "2025-06-06", "2031-01-01", "2023-12-31"]


class Desk:
    """One writer in one transaction: the way to the database, what is random, and what it has done so far."""

    def __init__(self, connection: psycopg.Connection[Any], number: int, chance: random.Random) -> None:
        self.connection, self.number, self.chance = connection, number, chance
        self.effects: list[Effect] = []

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def own(self, table: str, column: str) -> list[Any]:
        """Keys of this writer's rows."""
        return [row[0] for row in self.rows(f"SELECT {column} FROM {table} WHERE writer = %s ORDER BY 1", self.number)]

    def put(self, statement: str, *values: object, table: str, version: str = "0", generation: int = 0) -> list[str]:
        """INSERT or UPDATE (of a table called t), its rows put down; their keys."""
        key, row = READ[table]
        rows = self.rows(f"{statement} RETURNING {key}, {row}, {version}", *values)
        self.effects += [
            Effect("put", table, one, text, version=counted, generation=generation) for one, text, counted in rows
        ]
        return [str(one) for one, _, _ in rows]

    def drop(self, statement: str, *values: object, table: str) -> None:
        """DELETE (of a table called t), put down."""
        rows = self.rows(f"{statement} RETURNING {READ[table][0]}", *values)
        self.effects += [Effect("drop", table, one) for (one,) in rows]

    def bag(self, statement: str, *values: object, table: str, amount: int, generation: int = 0) -> None:
        """A statement that adds or takes away rows of a table without a key."""
        rows = self.rows(f"{statement} RETURNING {READ[table][1]}", *values)
        self.effects += [Effect("bag", table, row=one, amount=amount, generation=generation) for (one,) in rows]

    def add(self, table: str, key: int, amount: int) -> None:
        self.effects.append(Effect("add", table, str(key), amount=amount))


def transfer(desk: Desk) -> None:
    debit, credit = desk.chance.sample(range(1, ACCOUNTS + 1), 2)
    amount = desk.chance.randint(1, 50)
    moves = [(debit, -amount), (credit, amount)]
    for account, change in sorted(moves) if desk.chance.random() < 0.9 else moves:
        desk.rows("UPDATE account SET balance = balance + %s WHERE id = %s", change, account)
        desk.add("account", account, change)
    desk.put("INSERT INTO transfer AS t (debit, credit, amount) VALUES (%s, %s, %s)", debit, credit, amount,
             table="transfer")  # fmt: skip


def write_thing(desk: Desk) -> None:
    """A row of many types: new, changed, or back again under a key that was deleted."""
    code = f"{desk.number}-{desk.chance.randrange(40)}"
    chance = desk.chance
    values = [
        chance.choice(TEXTS),
        chance.choice([None, [], ["a", None, 'b"{,}']]),
        chance.choice([None, [], ["sad", "so-so"]]),
        chance.choice(DOCUMENTS),
        chance.choice([None, b"", bytes(range(256))]),
        chance.choice(NUMBERS),
        chance.choice(AMOUNTS),
        chance.choice(TIMES),
        chance.choice(SPANS),
    ]
    if chance.random() < 0.3:
        desk.drop("DELETE FROM thing AS t WHERE code = %s", code, table="thing")
    desk.put(
        "INSERT INTO thing AS t (code, writer, body, tags, moods, document, raw, ratio, amount, until, span)"
        " VALUES (%s, %s, %s, %s, %s::mood[], %s, %s, %s, %s, %s, %s) ON CONFLICT (code) DO UPDATE SET"
        " body = excluded.body, tags = excluded.tags, document = excluded.document, ratio = excluded.ratio,"
        " amount = excluded.amount, until = excluded.until",
        *(code, desk.number, *values),
        table="thing",
    )


def rename_thing(desk: Desk) -> None:
    """Update of a key; and another row takes the key that became free."""
    codes = desk.own("thing", "code")
    free = [f"{desk.number}-{i}" for i in range(40) if f"{desk.number}-{i}" not in codes]
    if len(codes) < 2 or not free:
        return write_thing(desk)
    first, second = desk.chance.sample(codes, 2)
    for old, new in ((first, desk.chance.choice(free)), (second, first)):
        desk.effects.append(Effect("drop", "thing", old))
        again = ", number = DEFAULT" if desk.chance.random() < 0.2 else ""
        desk.put(f"UPDATE thing AS t SET code = %s{again} WHERE code = %s", new, old, table="thing")


def delete_thing(desk: Desk) -> None:
    if codes := desk.own("thing", "code"):
        desk.drop("DELETE FROM thing AS t WHERE code = %s", desk.chance.choice(codes), table="thing")


def swap_seats(desk: Desk) -> None:
    """Two rows exchange their keys: for a moment both have the same, which only COMMIT looks at."""
    one, other = sorted(f"name {i}" for i in desk.chance.sample(range(1, SEATS + 1), 2))
    numbers = dict(
        desk.rows("SELECT name, number FROM seat WHERE name IN (%s, %s) ORDER BY name FOR UPDATE", one, other)
    )
    for name, number in ((one, numbers[other]), (other, numbers[one])):
        desk.put("UPDATE seat AS t SET number = %s, version = version + 1 WHERE name = %s", number, name,
                 table="seat", version="t.version")  # fmt: skip


def add_loose(desk: Desk) -> None:
    """Equal rows of a table without a key."""
    count = desk.chance.randint(1, 4)
    statement = "INSERT INTO loose AS t SELECT %s, %s, %s FROM generate_series(1, %s)"
    word, ratio = desk.chance.choice(TEXTS), desk.chance.choice(NUMBERS)
    desk.bag(statement, desk.number, word, ratio, count, table="loose", amount=1)


def change_loose(desk: Desk) -> None:
    """Update one of equal rows, or all of a writer's; delete one, or all of one word."""
    rows = desk.rows("SELECT ctid::text, t::text, word FROM loose AS t WHERE writer = %s ORDER BY 1", desk.number)
    if not rows:
        return add_loose(desk)
    at, _, word = desk.chance.choice(rows)
    what = desk.chance.randrange(4) if len(rows) < 60 else 3
    if what == 0:
        before = [row for row in rows if row[0] == at]
        desk.effects += [Effect("bag", "loose", row=text, amount=-1) for _, text, _ in before]
        desk.bag("UPDATE loose AS t SET ratio = %s WHERE ctid = %s::tid", desk.chance.choice(NUMBERS), at,
                 table="loose", amount=1)  # fmt: skip
    elif what == 1:
        desk.effects += [Effect("bag", "loose", row=text, amount=-1) for _, text, _ in rows]
        desk.bag("UPDATE loose AS t SET ratio = ratio + 1 WHERE writer = %s", desk.number, table="loose", amount=1)
    elif what == 2:
        desk.bag("DELETE FROM loose AS t WHERE ctid = %s::tid", at, table="loose", amount=-1)
    else:
        where = "writer = %s AND word IS NOT DISTINCT FROM %s"
        desk.bag(f"DELETE FROM loose AS t WHERE {where}", desk.number, word, table="loose", amount=-1)


def write_page(desk: Desk) -> None:
    """A composite key whose columns are in another order than the table's, in a table with odd names."""
    table, chance = '"Shop"."a page"', desk.chance
    chapter = chance.choice([-2, -1, 1, 2])
    values = (desk.number, chapter, chance.randint(1, 8), chance.choice(TEXTS))
    where = "WHERE writer = %s AND chapter = %s"
    what = chance.randrange(4)
    if what < 2:
        desk.put(f'INSERT INTO {table} AS t VALUES (%s, %s, %s, %s) ON CONFLICT (chapter, writer, "Number")'
                 " DO UPDATE SET body = excluded.body", *values, table=table)  # fmt: skip
    elif what == 2:
        desk.drop(f"DELETE FROM {table} AS t {where}", *values[:2], table=table)
    else:  # a whole chapter gets another number
        desk.drop(f"DELETE FROM {table} AS t {where}", desk.number, -chapter, table=table)
        found = desk.rows(f"SELECT {READ[table][0]} FROM {table} AS t {where}", *values[:2])
        desk.effects += [Effect("drop", table, key) for (key,) in found]
        desk.put(f"UPDATE {table} AS t SET chapter = -chapter {where}", *values[:2], table=table)


def write_measure(desk: Desk) -> None:
    """A key that is written in another way and stays equal: 1.0 and 1.00."""
    at = desk.chance.choice(["1.0", "1.00", "1.000", "2", "2.0", "-0.5", "-0.50", "NaN"])
    if desk.chance.random() < 0.2:
        desk.drop("DELETE FROM measure AS t WHERE writer = %s AND at = %s", desk.number, at, table="measure")
    desk.put(
        "INSERT INTO measure AS t VALUES (%s, %s, %s) ON CONFLICT (at, writer)"
        " DO UPDATE SET at = excluded.at, ratio = excluded.ratio",
        *(desk.number, at, desk.chance.choice(NUMBERS)),
        table="measure",
    )


def write_event(desk: Desk) -> None:
    """A partitioned table: new rows, rows that move to another partition, rows that go."""
    ids = desk.own("event", "id")
    if len(ids) < 10 or desk.chance.random() < 0.5:
        desk.put("INSERT INTO event AS t (day, writer, what) VALUES (%s, %s, %s)", desk.chance.choice(DAYS),
                 desk.number, desk.chance.choice(TEXTS), table="event")  # fmt: skip
        return
    one = desk.chance.choice(ids)
    old = [key for (key,) in desk.rows(f"SELECT {READ['event'][0]} FROM event AS t WHERE id = %s", one)]
    desk.effects += [Effect("drop", "event", key) for key in old]
    if desk.chance.random() < 0.3:
        desk.rows("DELETE FROM event WHERE id = %s", one)
    else:
        desk.put("UPDATE event AS t SET day = %s WHERE id = %s", desk.chance.choice(DAYS), one, table="event")


def write_cart(desk: Desk) -> None:
    """Rows that others refer to: new, with other keys (the others' keys follow), and gone (the others too)."""
    names = desk.own("cart", "name")
    name = desk.chance.choice(names) if names else ""
    what = desk.chance.randrange(3) if 2 < len(names) < 15 else 0 if len(names) < 15 else 1
    if what == 0:
        made = f"cart {desk.number} {desk.chance.randrange(10**9)}"
        desk.put("INSERT INTO cart AS t VALUES (%s, %s)", made, desk.number, table="cart")
        desk.put("INSERT INTO item AS t SELECT %s, i, 'item ' || i FROM generate_series(1, %s) i",
                 made, desk.chance.randint(0, 4), table="item")  # fmt: skip
        return desk.add("tally", desk.number, 1)
    desk.effects += [Effect("drop", "item", key) for (key,) in _items(desk, name, ITEM_KEY)]
    if what == 1:
        desk.drop("DELETE FROM cart AS t WHERE name = %s", name, table="cart")
        return desk.add("tally", desk.number, -1)
    desk.effects.append(Effect("drop", "cart", name))
    desk.put("UPDATE cart AS t SET name = name || '+' WHERE name = %s", name, table="cart")
    found = _items(desk, f"{name}+", f"{ITEM_KEY}, t::text")
    desk.effects += [Effect("put", "item", key, row) for key, row in found]
    return None


def refill(desk: Desk) -> None:
    """TRUNCATE two tables, fill them again, all in one transaction."""
    number = desk.rows("UPDATE generation SET number = number + 1 WHERE one = 1 RETURNING number")[0][0]
    desk.rows("TRUNCATE batch, scrap")
    desk.effects += [Effect("generation", table, generation=number) for table in ("batch", "scrap")]
    count = desk.chance.randint(0, 30)
    desk.put("INSERT INTO batch AS t SELECT i, %s, i / 7.0 FROM generate_series(1, %s) i", number, count,
             table="batch", generation=number)  # fmt: skip
    desk.bag("INSERT INTO scrap AS t SELECT %s, 'word ' || i %% 5 FROM generate_series(1, %s) i", number, count,
             table="scrap", amount=1, generation=number)  # fmt: skip


def append(desk: Desk) -> None:
    """Add to the tables that are emptied, while nobody can empty them."""
    number = desk.rows("SELECT number FROM generation WHERE one = 1 FOR SHARE")[0][0]
    identifier = 1000 + desk.number * 1_000_000 + desk.chance.randrange(1_000_000)
    desk.put("INSERT INTO batch AS t VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET ratio = excluded.ratio",
             identifier, number, desk.chance.choice(NUMBERS), table="batch", generation=number)  # fmt: skip
    desk.bag("INSERT INTO scrap AS t VALUES (%s, 'one')", number, table="scrap", amount=1, generation=number)


def attach(desk: Desk, size: int = 0) -> None:
    """A long text, of this size or up to 20 kB. Earlier ones of this writer go."""
    if len(desk.own("attachment", "id")) > 2:
        desk.drop("DELETE FROM attachment AS t WHERE writer = %s", desk.number, table="attachment")
    size = size or desk.chance.randint(1, 20_000)
    piece = f"{desk.chance.getrandbits(64):016x}"
    desk.put("INSERT INTO attachment AS t (writer, body) VALUES (%s, repeat(%s, %s))", desk.number, piece,
             max(1, size // len(piece)), table="attachment")  # fmt: skip


def _items(desk: Desk, cart: str, columns: str) -> list[tuple[Any, ...]]:
    return desk.rows(f"SELECT {columns} FROM item AS t WHERE cart = %s", cart)


def gap(desk: Desk) -> None:
    """Numbers that no row gets: an insert that is rolled back, a number that is drawn."""
    desk.rows("SAVEPOINT gap")
    kept = list(desk.effects)
    write_event(desk)
    transfer(desk)
    desk.rows("ROLLBACK TO SAVEPOINT gap")
    desk.effects = kept
    desk.rows("SELECT nextval('invoice_no')")


def remember(desk: Desk) -> None:
    """An unlogged table."""
    name = f"{desk.number} {desk.chance.randrange(20)}"
    desk.rows("INSERT INTO cache VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name,
              str(desk.chance.random()))  # fmt: skip


Deed = Callable[[Desk], None]
# How often each is done, by weight.
DEEDS: Sequence[tuple[Deed, int]] = (
    (transfer, 30),
    (write_thing, 10),
    (rename_thing, 6),
    (delete_thing, 5),
    (swap_seats, 4),
    (add_loose, 6),
    (change_loose, 6),
    (write_page, 8),
    (write_measure, 5),
    (write_event, 8),
    (write_cart, 8),
    (refill, 2),
    (append, 6),
    (attach, 3),
    (gap, 4),
    (remember, 3),
)


def write_deeds(desk: Desk, identifier: int) -> None:
    """A whole transaction but its COMMIT: some deeds, now and then one in a savepoint, and the row that proves it."""
    chance = desk.chance
    first = chance.random() < 0.5
    if first:
        desk.rows("INSERT INTO deed VALUES (%s)", identifier)
    for deed in chance.choices([deed for deed, _ in DEEDS], [weight for _, weight in DEEDS], k=chance.randint(1, 4)):
        if chance.random() < 0.15:
            desk.rows("SAVEPOINT attempt")
            kept = list(desk.effects)
            deed(desk)
            if chance.random() < 0.5:
                desk.rows("ROLLBACK TO SAVEPOINT attempt")
                desk.effects = kept
        else:
            deed(desk)
    if not first:
        desk.rows("INSERT INTO deed VALUES (%s)", identifier)


def is_deed_there(connection: psycopg.Connection[Any], identifier: int) -> bool:
    """Whether a transaction was committed; waits for it if it is not yet decided. Writes nothing."""
    try:
        cursor = connection.execute("INSERT INTO deed VALUES (%s) ON CONFLICT DO NOTHING", [identifier])
        return cursor.rowcount == 0
    finally:
        connection.rollback()


def read_tables(connection: psycopg.Connection[Any], names: Iterable[str] = tuple(READ)) -> Tables:
    """What a database holds, in the words of the journal."""
    tables: Tables = {}
    for name in names:
        key, row = READ[name]
        if key is None:
            statement = f"SELECT {row}, count(*)::text FROM {name} AS t GROUP BY 1"
        else:
            statement = f"SELECT {key}, {row} FROM {name} AS t"
        tables[name] = dict(connection.execute(statement.encode()).fetchall())
    return tables


def load_ledger(connection: psycopg.Connection[Any], application: str, filler: int) -> None:
    """Make the tables, as their owner; `application` is the role that may use them."""
    text = Path(__file__).with_name("ledger.sql").read_text()
    text = text.replace("{application}", sql.Identifier(application).as_string()).replace("{filler}", str(filler))
    connection.execute(text.encode())
    connection.commit()
