"""The torture test: an application writes while its database is moved and everything that can break is broken.

`ledger` is the application's transactions, `writers` the eight that run them, `journal` what each of them wrote down
outside of both databases. `tool` starts the real command line, and kills it; `weather` breaks what is around it;
`round` is one whole move under all that; `proof` decides whether anything was lost. `__main__` is the long form.
"""
