"""One whole move under fire: the tool is killed and started again while writers write; in the end nothing is lost."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from homeport.postgres.follow.delta import DEFINITIONS_SECONDS
from homeport.postgres.server import Server, conninfo
from tests.postgres.clusters import rds_like, run_sql
from tests.torture.application import admit, make_application, open_ledger
from tests.torture.ground import Ground
from tests.torture.plans import Plan
from tests.torture.proof import check_equal, check_journal, check_sequences, dump_schema, read_database
from tests.torture.steps import HAVE_POINTS
from tests.torture.tool import Ended, Tool
from tests.torture.weather import Place, Weather
from tests.torture.writers import WRITERS, Crowd, Sides, longest

SPAN_SECONDS = 5.0  # of a step that was not seen to its end yet
SHARES = {  # of kills
    "abandon": 0.08,
    "follow": 0.2,
    "following": 0.25,
    "cutover": 0.25,
    "back": 0.08,
    "rollback": 0.17,
    "clean": 0.05,
}
NOTICED_SECONDS = 60.0  # after which a change of the schema must have been told
SLOWLY = DEFINITIONS_SECONDS + NOTICED_SECONDS  # of what a follower looks at now and then
CHANGES = (  # none of which stops a writer: what is done, how it is undone, what has to be named, and how soon
    ("ALTER TABLE cart ADD COLUMN note text", "ALTER TABLE cart DROP COLUMN note", "public.cart", NOTICED_SECONDS),
    (
        "ALTER TABLE filler ALTER body TYPE varchar(200)",
        "ALTER TABLE filler ALTER body TYPE text",
        "public.filler",
        NOTICED_SECONDS,
    ),
    ("ALTER TABLE filler RENAME TO filling", "ALTER TABLE filling RENAME TO filler", "public.filler", NOTICED_SECONDS),
    (
        "ALTER TABLE tally ADD CHECK (carts < 1000000)",
        "ALTER TABLE tally DROP CONSTRAINT tally_carts_check",
        "tally_carts_check",
        SLOWLY,
    ),
    ("CREATE INDEX transfer_credit ON transfer (credit)", "DROP INDEX transfer_credit", "transfer_credit", SLOWLY),
    ("CREATE TABLE surprise (id int)", "DROP TABLE surprise", "public.surprise", NOTICED_SECONDS),
)
OPTIONAL = {"back": "returns", "rollback": "returns", "abandon": "abandons"}  # step → what of a plan has it
ENDS_SECONDS = 240.0
REFUSED_MAX = 6  # in a row, of runs that nothing was done to
PHASE = "SELECT name FROM homeport.phase ORDER BY number DESC LIMIT 1"
NAMES = re.compile(r"\w+@127\.0\.0\.1:\d+/\w+|\d+|homeport follow \w+")  # what differs from run to run
LEFT = """
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'homeport%'
UNION ALL SELECT count(*) FROM pg_namespace WHERE nspname = 'homeport'
UNION ALL SELECT count(*) FROM pg_publication WHERE pubname LIKE 'homeport%'
UNION ALL SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"""


@dataclass
class Report:
    """What a round went through. `kills` are counted by the phase that the move had reached."""

    kills: Counter[str] = field(default_factory=Counter)
    points: set[str] = field(default_factory=set)
    weather: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    transactions: int = 0
    big_rows: int = 0  # of 50 MB
    told: Counter[str] = field(default_factory=Counter)  # changes of the schema refused, moves given up
    freezes: list[float] = field(default_factory=list)  # of cutovers without a kill: seconds, of the worst writer
    seconds: float = 0.0


class Round:
    """`run` is the round. It raises AssertionError with what was lost."""

    def __init__(self, ground: Ground, plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
        self.ground, self.plan, self.folder, self.say = ground, plan, folder, say
        self.report = Report()
        self._chance = random.Random(plan.seed)
        self._left = 0  # kills that a step was too quick for: the next may have them
        application = make_application(ground.source, ground.target)
        self.source, source_user, self.initial = open_ledger(ground.source, application, plan.filler)
        if plan.slot:
            ground.source.execute(f"ALTER ROLE {self.source.user} REPLICATION")
        self.target = rds_like(ground.target, options="TABLESPACE small" if ground.disk else "")
        admit(ground.target, application, self.target)
        target_user = application.server(self.target)
        self.sides = Sides(
            folder / "serving",
            {"source": self.source, "target": self.target, "home": self.source, "away": self.target},
            {"source": source_user, "target": target_user, "home": source_user, "away": target_user},
        )
        self.sides.file.write_text("source")
        near, far = ground.source_proxy.port, ground.target_proxy.port
        self.tool = Tool(replace(self.source, port=near), replace(self.target, port=far), folder)
        places = {
            "source": Place(ground.source, ground.source_proxy, self.source.database),
            "target": Place(ground.target, ground.target_proxy, self.target.database),
        }
        self.weather = Weather(places, ground.disk)
        self.crowd = Crowd(self.sides, folder, plan.seed, plan.rest_seconds)

    def run(self) -> Report:
        began = time.monotonic()
        before = dump_schema(self.source, int(self.ground.source.major))
        with self.crowd:
            self.crowd.wait_for(40)
            if self.plan.big_rows:
                self.crowd.writers[-1].big_due.set()  # one that the copy may meet
            if self.plan.abandons:
                self._abandon(before)
            self._work("follow", "follow", "--until-caught-up")
            self._follow()
            if self.plan.migrates:
                self._migrate()
            if self.plan.undoes:
                self._undo()
            self._cut_over("target", {"source"})
            if self.plan.returns:
                self._return()
            if self.plan.leaves_again:
                self._finish("follow", "--until-caught-up")
                self._cut_over("away", {"source", "target", "home"})
            self._clean()
            self.crowd.wait_for(40)
        self.crowd.check()
        self._check_end(before)
        self.report.points |= set(self.tool.points())
        self.report.big_rows = sum(writer.big for writer in self.crowd.writers)
        self.report.seconds = time.monotonic() - began
        return self.report

    def _work(self, name: str, step: str, *arguments: str) -> None:
        """Start a step again and again until it ends well, killing it now and then."""
        kills, refused = self._left + self._share(name), 0
        while True:
            how = self._choose(step, kills)
            ended = self._attempt(how, name, step, *arguments)
            if ended.was_killed:
                kills -= 1
                self._count_kill()
            elif ended.code == 0:
                self.ground.spans[name] = ended.seconds
                self._left = max(kills, 0)
                killed = self.report.kills.total()
                self.say(f"{name}: ended after {ended.seconds:.1f} s, {killed} kills in this round so far")
                self._finish("status")
                return
            else:
                refused = refused + 1 if how == "leave" else 0
                self._count_refusal(f"{name}, {how}", ended)
                assert refused < REFUSED_MAX, f"{name} refuses again and again:\n{ended.said[-3000:]}"
                self._leave_slot(ended)
                time.sleep(0.3)
            self.crowd.check()

    def _choose(self, step: str, kills: int) -> str:
        """What is done to the next run of a step."""
        if self.plan.pointed:
            return "point" if step in HAVE_POINTS else "leave"
        ways = ["kill", "kill", "weather"] + ["point", "point"] * (step in HAVE_POINTS)
        return self._chance.choice(ways) if kills > 0 else "leave"

    def _attempt(self, how: str, name: str, step: str, *arguments: str) -> Ended:
        """One run of a step; it ends, or is killed."""
        running = self.tool.start_pointed(step, *arguments) if how == "point" else self.tool.start(step, *arguments)
        moment = self._chance.uniform(0.3, max(0.5, 0.9 * self.ground.spans.get(name, SPAN_SECONDS)))
        if how in ("kill", "weather"):
            if ended := running.wait(moment):
                return ended
            if how == "kill":
                return running.kill()
            self._strike()
        ended = running.wait(ENDS_SECONDS)
        if ended is None:
            running.kill()
            raise AssertionError(f"{name}, {how}: does not end within {ENDS_SECONDS} s")
        return ended

    def _follow(self) -> None:
        """Following for as long as it takes to be killed often enough, then until the target has caught up."""
        writers = self._chance.sample(self.crowd.writers, min(WRITERS, self.plan.big_rows))
        kills, self._left = self._left + self._share("following"), 0
        for _ in range(0 if self.plan.pointed else kills):
            running = self.tool.start("follow")
            if writers:
                writers.pop().big_due.set()
            ended = running.wait(self._chance.uniform(0.5, 3.0))
            if ended is None and self._chance.random() < 0.4:
                self._strike()
                ended = running.wait(self._chance.uniform(0.0, 2.0))
            if ended is None:
                running.kill()
                self._count_kill()
            self.crowd.check()
        self._finish("follow", "--until-caught-up")

    def _migrate(self) -> None:
        """Changes of the schema are refused in words, and when they are undone following goes on."""
        for change, undo, named, seconds in CHANGES:
            running = self.tool.start("follow")
            running.wait(1.5)
            self._change_schema(change)
            for again, most in ((running, seconds), (self.tool.start("follow", "--until-caught-up"), NOTICED_SECONDS)):
                ended = again.wait(most)
                assert ended and ended.code == 1 and named in ended.said, f"{change}: {ended}"
            self._change_schema(undo)
            self._finish("follow", "--until-caught-up")
            self.report.told["changes of the schema refused"] += 1
        self.say("changes of the schema were noticed")

    def _abandon(self, before: str) -> None:
        """The move is given up when it follows, and later begun anew: both sides are what they were, writers go on."""
        empty = dump_schema(self.target, int(self.ground.target.major))
        self._finish("follow", "--until-caught-up")
        self._work("abandon", "clean", "--abandon", "--drop-copy", self.target.database, "--yes")
        for side, cluster, was in ((self.source, self.ground.source, before), (self.target, self.ground.target, empty)):
            now = dump_schema(side, int(cluster.major))
            assert now == was, difference(was, now)
        self.report.told["moves given up"] += 1
        self.crowd.wait_for(40)

    def _undo(self) -> None:
        """A cutover is killed when the fence is up; then the source is opened again, and following goes on."""
        for _ in range(REFUSED_MAX):
            arguments = ["cutover", "--switch", self._switch("target"), "--yes"]
            ended = self.tool.start_pointed(*arguments, only="fenced").wait(ENDS_SECONDS)
            if ended and ended.was_killed:
                break
        assert ended and ended.was_killed, ended
        self._count_kill()
        self._finish("rollback", "--yes")
        self.crowd.wait_for(40)
        self._finish("follow", "--until-caught-up")

    def _cut_over(self, serving: str, before: set[str]) -> None:
        """`before`: where writers wrote until now."""
        if self.plan.watches:
            self.crowd.bar(serving)
        killed = self.report.kills.total()
        terminate = ["--terminate"] if self._chance.random() < 0.5 else []
        self._work("cutover", "cutover", "--switch", self._switch(serving), "--yes", *terminate)
        self._watch(serving, self.source, before)
        self.crowd.wait_for(40)
        if self.report.kills.total() == killed and not self.plan.watches:
            self.report.freezes.append(longest(self.crowd.waits, lambda wait: wait.after == serving != wait.before))

    def _return(self) -> None:
        if self.plan.watches:
            self.crowd.bar("home")
        self._work("back", "follow", "--back", "--until-caught-up")
        self._work("rollback", "rollback", "--switch", self._switch("home"), "--yes")
        self._watch("home", self.target, {"source", "target"})
        self.crowd.wait_for(40)

    def _watch(self, serving: str, left: Server, sides: set[str]) -> None:
        """The side that was left holds what was written until then; if nobody wrote since, so does the other."""
        assert self.sides.serving() == serving
        self.crowd.hold()
        check_journal(self.crowd.files, self.initial, read_database(left), sides, f"database left for {serving}")
        reached = self.sides.owners[serving]
        if self.plan.watches:
            check_journal(self.crowd.files, self.initial, read_database(reached), sides, serving)
            check_equal(self.source, self.target)
        check_sequences(reached)
        self.crowd.bar()
        self.crowd.release()

    def _clean(self) -> None:
        self._work("clean", "clean", "--yes")
        self._finish("clean", "--yes", "--target")

    def _check_end(self, before: str) -> None:
        where = self.sides.serving()
        serving = self.sides.owners[where]
        found = read_database(serving)
        self.report.transactions = check_journal(self.crowd.files, self.initial, found, self.sides.owners, where)
        check_sequences(serving)
        after = dump_schema(self.source, int(self.ground.source.major))
        assert after == before, difference(before, after)
        for side in (self.source, self.target):
            with psycopg.connect(**conninfo(side)) as connection:
                assert connection.execute(LEFT).fetchall() == [(0,)] * 4, f"something of ours is left on {side}"

    def _finish(self, step: str, *arguments: str) -> Ended:
        """To the end, undisturbed."""
        for _ in range(REFUSED_MAX):
            ended = self._attempt("leave", step, step, *arguments)
            if ended.code == 0:
                return ended
            self._count_refusal(step, ended)
            self._leave_slot(ended)
            time.sleep(0.5)
        raise AssertionError(f"{step} does not end well:\n{ended.said[-3000:]}")

    def _leave_slot(self, ended: Ended) -> None:
        """The way out that is named when the server cannot read its own WAL, which was seen once (PostgreSQL 18)."""
        if "cannot decode" in ended.said:
            self.report.told["slots that the server cannot decode"] += 1
            self._attempt("leave", "follow", "follow", "--again", "--capture", "triggers", "--until-caught-up")

    def _change_schema(self, statement: str) -> None:
        """As the application's migration would, which does not wait long for locks either."""
        for _ in range(100):
            try:
                run_sql(self.source, "SET lock_timeout = '300ms'", statement)
                return
            except psycopg.errors.LockNotAvailable:
                time.sleep(0.1)
        raise AssertionError(f"{statement}: no lock")

    def _strike(self) -> None:
        kind = self._chance.choice(self.weather.kinds())
        self.report.weather[kind] += 1
        self.weather.strike(kind, self._chance)

    def _count_refusal(self, what: str, ended: Ended) -> None:
        lines = ended.said.strip().splitlines()
        words = next((line for line in lines if line.startswith("error")), lines[-1] if lines else "")
        self.report.refused[f"{what}: {NAMES.sub('…', words)}"] += 1

    def _count_kill(self) -> None:
        exists = "SELECT to_regclass('homeport.phase') IS NOT NULL"
        cluster, database = self.ground.target, self.target.database
        rows = cluster.execute(PHASE, database) if cluster.execute(exists, database) == [(True,)] else []
        self.report.kills[str(rows[0][0]) if rows else "nothing"] += 1

    def _share(self, step: str) -> int:
        shares = {name: s for name, s in SHARES.items() if name not in OPTIONAL or getattr(self.plan, OPTIONAL[name])}
        return round(self.plan.kills * shares[step] / sum(shares.values()))

    def _switch(self, side: str) -> str:
        """What changes who serves; if it stumbles, its first run ends with 1 though it has done that."""
        once = f"; mkdir {self.folder}/to-{side} 2>/dev/null && exit 1; exit 0" if self.plan.stumbles else ""
        return f"echo {side} > {self.sides.file}{once}"


def difference(before: str, after: str) -> str:
    """Lines that one of two texts has alone."""
    left, right = before.splitlines(), after.splitlines()
    gone, come = ([line for line in one if line not in other] for one, other in ((left, right), (right, left)))
    return "\n".join(["a schema is not what it was:", *(f"- {x}" for x in gone), *(f"+ {x}" for x in come)])


def open_round(ground: Ground, plan: Plan, folder: Path, say: Callable[[str], None] = lambda words: None) -> Round:
    folder.mkdir(parents=True, exist_ok=True)
    return Round(ground, plan, folder, say)
