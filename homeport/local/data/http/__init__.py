"""HTTP/1.1 on both sides of a proxy, over asyncio protocols.

Hand-written because a library's server and client in one process cost four times as much per request as the service
behind them may (measured with `tests/bench/gateway.py`), and because a gateway must refuse what services could read
in two ways.
"""
