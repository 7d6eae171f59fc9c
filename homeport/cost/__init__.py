"""Heroku bill and AWS estimate, side by side, line by line; the price book; the simulation of autoscaling.

What homeport.yml declares (`place.py`) becomes uses of prices, one module for each part of the bill (`compute.py`,
`network.py`, `requests.py`, `data.py`, `watching.py`, `messages.py`, `account.py`); `pricing.py` makes lines of them,
`estimate.py` a bill, `compare.py` sets bills of several layouts beside that of Heroku, `verdict.py` says what to do.
All of this is pure; only `prices/refresh.py` asks anybody for anything.
"""
