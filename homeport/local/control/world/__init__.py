"""moto's objects → the feed's resources: one module per service with `read(backend, ports)`.

A reader looks at the objects themselves: describe calls would change some of them in moto, and cost ten times more.
"""
