"""Moving a live PostgreSQL database: look at both sides, copy, follow, compare, cut over.

`server` turns a URL into a connection, `catalog` reads what a database holds, `check` turns two catalogs into findings,
`compare` two databases into their differences. None of these changes anything on either side: each reads in
transactions that are read-only, and whatever stops leaves nothing behind.
"""
