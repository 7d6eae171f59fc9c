"""A token → everything that Heroku's API tells of a team, as an Inventory; nothing is changed there.

1. token     from the environment, the Heroku CLI or ~/.netrc; never in an argument, a log or a file of ours
2. client    asks by GET alone, within Heroku's limit of calls; what is refused becomes a value, not an exception
3. wire      of each answer only the fields that are named in `wire.py` leave it; the rest is forgotten at once
4. read      team lists first, then app by app; refusals become Unreadable, odd fields become Doubts
5. records   pure functions turn the answers into records

Stopped anywhere, the journal holds the answers that came (never one with config values), and the next run asks only for
the others; it is removed when everything was read. The cache of ETags stays, with the same contents.
"""
