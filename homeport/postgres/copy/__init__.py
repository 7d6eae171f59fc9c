"""Copying a database: the source at one instant, on the target, with everything that belongs to it.

| step | what is true after it | what is left if it stops there |
|---|---|---|
| lock | no other copy writes this target; sessions that a killed one left are ended | nothing |
| snapshot | the source's rows of one instant can be read by many; no table can be rewritten meanwhile | nothing |
| clean | the target holds what it held before the first start | the same: it is run again |
| schema | types, functions, tables without keys, views | the next start cleans, and begins with a new snapshot |
| rows | tables side by side, the largest first; indexes of those that are complete | the same |
| loaded | every row is there: the source is no longer needed | the next start goes on from here, on any machine |
| indexes, keys, foreign keys, views | each is recorded in its own transaction | the next start does the others |
| rest | triggers, rules, policies, comments, grants; all of it is on the target's disk | the copy is complete |

`run.copy` is the way in. Rows pass through `pump`, which never looks at them; `plan` decides what waits for what,
`crew` runs it. Nothing is written to the source but one transaction's share locks. The price of one snapshot: it
holds back the source's vacuum until the rows are copied, and a copy that loses it begins anew.
"""
