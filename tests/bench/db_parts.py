"""Where a copy's processor time goes beyond its floors: each kind of statement in the copy, and alone.

One round on the reference database of `db_copy`. A server's process is asked for its nanoseconds on a processor, before
and after each statement (https://docs.kernel.org/scheduler/sched-stats.html); parallel workers are not in it. In the
copy all that is built on a small table is one statement, of the kind of its first.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from homeport.postgres.copy import worker
from homeport.postgres.copy.pump import Copied, forward
from homeport.postgres.copy.wire import Wire
from homeport.postgres.server import Server
from tests.bench import db_copy
from tests.postgres.clusters import Cluster, heroku_like

KINDS = re.compile(r"CREATE (?:UNIQUE )?INDEX|ANALYZE|VALIDATE|ADD CONSTRAINT|REFRESH")
ROWS_READ, ROWS_WRITTEN = "rows, source", "rows, target"


class Metered(Wire):
    """A session that counts its server's seconds by kind of statement in `spent`."""

    spent: defaultdict[str, float] = defaultdict(float)

    def __init__(self, server: Server, *, application: str, settings: dict[str, str] | None = None) -> None:
        super().__init__(server, application=application, settings=settings)
        (pid,) = super().execute("SELECT pg_backend_pid()")
        self._used = Path(f"/proc/{pid}/schedstat")

    def seconds(self) -> float:
        return int(self._used.read_text().split()[0]) / 1e9

    def execute(self, statements: str) -> list[str | None]:
        before = self.seconds()
        answer = super().execute(statements)
        if kind := KINDS.search(statements):
            self.spent[kind[0].replace("UNIQUE ", "")] += self.seconds() - before
        return answer


def forward_metered(
    source: Metered, target: Metered, read: str, write: str, spend: Callable[[int], None], *, framed: bool = False
) -> Copied:
    before = source.seconds(), target.seconds()
    copied = forward(source, target, read, write, spend, framed=framed)
    Metered.spent[ROWS_READ] += source.seconds() - before[0]
    Metered.spent[ROWS_WRITTEN] += target.seconds() - before[1]
    return copied


def main() -> None:
    """Print seconds by kind of statement: in the copy, and alone."""
    source, target = (Cluster(db_copy.MAJOR, db_copy.SETTINGS) for _ in range(2))
    try:
        database = heroku_like(source)
        db_copy.fill(database)
        bench = db_copy.Bench(source, target, database)
        floors = bench.floors(bench.contents()).values()
        found = []
        with (
            patch.object(worker, "Wire", Metered),
            patch.object(db_copy, "Wire", Metered),
            patch.object(worker, "forward", forward_metered),
            patch.object(db_copy, "forward", forward_metered),
        ):
            for works in ([bench.copy], [*floors]):
                Metered.spent.clear()
                bench.measure(*works)
                found.append(dict(Metered.spent))
        copied, alone = found
        for kind in sorted(copied, key=lambda kind: -copied[kind]):
            print(f"{kind:15} {copied[kind]:6.2f} s in the copy, {alone[kind]:6.2f} s alone")
        print(f"{'all of these':15} {sum(copied.values()):6.2f} s in the copy, {sum(alone.values()):6.2f} s alone")
    finally:
        source.close()
        target.close()


if __name__ == "__main__":
    main()
