"""Cutting over: writers leave the source, and find every row on the target.

*At any moment the target equals the source at one past snapshot.* A cutover makes that snapshot the last one.

| phase | what is true after it | what is left if it stops there |
|---|---|---|
| (prepare) | fences are ready on both sides, the target's is up, its changes will be captured | the source serves |
| `proving` | | the source serves; the next start proves again |
| `proven` | all rows were equal at one snapshot; few were touched since | the same |
| `fencing` | the source's fence may be up | the next start looks, and goes on from there |
| `fenced` | nobody writes the source, and nobody who wrote it is unfinished | the next start goes on, or `rollback` |
| `drained` | the target has the source's last change | the same |
| `verified` | what was touched since the proof is equal, and sequences, large objects, schema | the same |
| `switching` | **the point of no return**: the target takes writes, captured | the next start switches, or `rollback` |
| `switched` | the application uses the target; the source stays fenced | `rollback` loses nothing, until `clean` |

`run.cutover` goes down this table, `back.rollback` up. Phases are recorded on the target, where possible in the
transaction that makes them true; where that is on the source, its effect can be seen there, and the step can be made
again. A step that fails between `fencing` and `verified` opens the source again (`opened`); one that is killed
cannot, and is started again.

Why this is correct: the fence (`fence`) commits only when every transaction that wrote without it has ended. The last
delta's snapshot is younger, so it sees all of them. Nobody else can write the target meanwhile (its fence lets only
deltas through), so what the proof (`proof`) found equal stays equal, except for rows that later deltas touched, which
they tell, and which are compared again. Writers of several tables and the fence, which wants all of them, may wait in
circles: so all but the first attempt turn new writers away for a moment (`gate`). That proves nothing, it only lets the
fence have its locks. `rehearse` does all of this on a scratch target, `clean` removes every trace.
"""
