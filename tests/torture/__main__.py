"""`make torture`: rounds until the tool was killed so often; what that was, and that nothing was lost."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.postgres.clusters import installed_majors
from tests.torture.ground import open_ground
from tests.torture.plans import plan_round
from tests.torture.round import Report, open_round

KILLS_PER_ROUND = 25
AGAIN = "python -m tests.torture --seed {seed} --round {number} --kills {kills}"


def main() -> int:
    """0: nothing was lost. 1: something was; what, and how to repeat it, is said."""
    arguments = read_arguments()
    say(f"seed {arguments.seed}: the same again is: python -m tests.torture --seed {arguments.seed}")
    began = time.monotonic()
    reports: list[Report] = []
    numbers = [arguments.round] if arguments.round is not None else list(range(1000))
    for number in numbers:
        left = arguments.kills - sum(report.kills.total() for report in reports)
        if number >= 2 and left <= 0:
            break
        kills = left if arguments.round is not None else min(KILLS_PER_ROUND, left)
        try:
            reports.append(run_round(arguments.seed, number, kills))
        except BaseException:
            say(f"failed; the same again is: {AGAIN.format(seed=arguments.seed, number=number, kills=kills)}")
            raise
        done = sum(report.kills.total() for report in reports)
        say(f"so far: {len(reports)} rounds, {done} of {arguments.kills} kills, {time.monotonic() - began:.0f} s")
    say("\n".join(summarize(arguments.seed, reports, time.monotonic() - began)))
    return 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="in all rounds together, at least")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--round", type=int, help="this one alone, with all kills in it")
    return parser.parse_args()


def run_round(seed: int, number: int, kills: int) -> Report:
    """One round, on servers of its own: of majors in the order in which a move may go.

    The target is of one where its role can be given what RDS gives (`rds_like`), which is needed to follow changes.
    """
    majors = installed_majors()
    chance = random.Random(f"{seed} majors {number}")
    target = chance.choice([major for major in majors if int(major) >= 15])
    source = chance.choice([major for major in majors if int(major) <= int(target)])
    plan = plan_round(seed, number, kills)
    say(f"\nround {number}, PostgreSQL {source} to {target}: {plan}")
    with tempfile.TemporaryDirectory(prefix="homeport-torture-") as folder, open_ground(source, target) as ground:
        report = open_round(ground, plan, Path(folder), say).run()
    say(f"round {number}: {report.transactions} transactions, {report.kills.total()} kills, {report.seconds:.0f} s")
    return report


def summarize(seed: int, reports: list[Report], seconds: float) -> list[str]:
    kills, weather, refused, told = (
        sum((getattr(report, name) for report in reports), Counter[str]())
        for name in ("kills", "weather", "refused", "told")
    )
    points = sorted(set().union(*(report.points for report in reports)))
    freezes = ", ".join(f"{each:.2f}" for report in reports for each in report.freezes)
    return [
        "",
        f"kills by phase: {render(kills)}",
        f"points: {len(points)}: {', '.join(points)}",
        f"weather: {render(weather)}",
        "ended with an error, and was started again:",
        *(f"  {count} × {words}" for words, count in refused.most_common()),
        f"seconds without success, of the worst writer, where the cutover was not killed: {freezes or 'none'}",
        "",
        f"nothing was lost: {len(reports)} rounds, {sum(report.transactions for report in reports):,} transactions "
        f"committed, {sum(report.big_rows for report in reports)} rows of 50 MB, {kills.total()} kills ({len(points)} "
        f"points among them), {weather.total()} strikes of weather, {render(told)}, {seconds:.0f} s, seed {seed}",
    ]


def render(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
