"""Following: the target equals the source at one past snapshot, and that snapshot moves forward.

| step | what is true after it | what is left if it stops there |
|---|---|---|
| capture | each change of a captured table leaves its key in a log | captured tables; the next start does the others |
| copy | the target equals the source at a snapshot taken after that; it is in `homeport.applied` | see `copy` |
| delta, applied | the target came to a newer snapshot and recorded it, in one transaction | nothing, or all of it |
| delta, cleared | the log does not hold what that snapshot saw | entries that are applied again, to no effect |

`capture` writes the triggers, or publishes tables for a replication `slot`, which `stream` reads instead of a log;
`delta` carries changes over in its `sessions`, `run` is the way in. A key says only that its row may have changed: what
the row is now is read in the delta's snapshot. So the order of changes does not matter, and nothing is ordered by
serial numbers or clocks: a smaller number may be committed later, and clocks differ.
"""
