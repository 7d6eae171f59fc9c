"""A database such as an application of Django has, of any size: what is copied in the bench of `homeport db copy`."""

from homeport.postgres.server import Server
from tests.postgres.clusters import run_sql

MB_PER_SCALE = 807  # of tables, by measurement
# Wide rows, JSON, numbers, text with a GIN index, keys and foreign keys, as an application of Django has them.
TABLES = {
    "customer": (150_000, "id bigint, name text, address jsonb, tags text[], created timestamptz"),
    "orders": (900_000, "id bigint, customer_id bigint, total numeric(12,2), ref text, meta jsonb, placed timestamptz"),
    "item": (
        2_700_000,
        "id bigint, order_id bigint, product_id bigint, qty int, price numeric(10,2), made timestamptz",
    ),
    "event": (1_700_000, "id bigint, uid uuid, customer_id bigint, kind text, payload jsonb, ip inet, at timestamptz"),
    "document": (25_000, "id bigint, customer_id bigint, title text, body text, made timestamptz"),
}
ROWS = {
    "customer": "i, 'Customer ' || i, jsonb_build_object('street', 'Calle ' || i % 900), ARRAY['t' || i % 7], now()",
    "orders": "i, 1 + i % {customers}, i % 500, md5(i::text), "
    "jsonb_build_object('utm', i % 90, 'ua', repeat('Mozilla ', 8)), now()",
    "item": "i, 1 + (i - 1) / 3 % {orders}, i % 30000, i % 5, i % 300, now()",
    "event": "i, md5('e' || i)::uuid, 1 + i % {customers}, 'k' || i % 5, "
    "jsonb_build_object('path', '/item/' || i % 30000, 'ref', md5(i::text), 'ms', i % 3000), "
    "('10.0.' || i % 250 || '.1')::inet, now() + i * interval '1 s'",
    "document": "i, 1 + i % {customers}, 'Title ' || i, "
    "(SELECT string_agg(md5((i * k)::text), ' ') FROM generate_series(1, 100) k), now()",
}
AFTER = """
ALTER TABLE customer ADD PRIMARY KEY (id); CREATE INDEX ON customer USING gin (tags); CREATE INDEX ON customer (name);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD UNIQUE (ref), ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE INDEX ON orders (customer_id); CREATE INDEX ON orders (placed);
ALTER TABLE item ADD PRIMARY KEY (id), ADD FOREIGN KEY (order_id) REFERENCES orders;
CREATE INDEX ON item (order_id); CREATE INDEX ON item (product_id);
ALTER TABLE event ADD PRIMARY KEY (id), ADD UNIQUE (uid), ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE INDEX ON event (customer_id); CREATE INDEX ON event (kind, at);
ALTER TABLE document ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE MATERIALIZED VIEW daily AS SELECT customer_id % 100 AS d, count(*) AS n FROM public.orders GROUP BY 1;
VACUUM ANALYZE"""


def make_source(database: Server, scale: float) -> None:
    """About `scale` times 807 MB of tables, with their indexes, keys and foreign keys, analysed."""
    counts = {name: max(int(count * scale), 1) for name, (count, _) in TABLES.items()}
    for name, (_, columns) in TABLES.items():
        values = ROWS[name].format(customers=counts["customer"], orders=counts["orders"])
        rows = f"INSERT INTO {name} SELECT {values} FROM generate_series(1, {counts[name]}) i"
        run_sql(database, f"CREATE TABLE {name} ({columns})", rows)
    run_sql(database, *AFTER.split(";"))
