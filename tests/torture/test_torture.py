"""The short form of the torture: one move and the way back, killed a dozen times. `make torture` is the long one."""

import os
import random
import sys
from pathlib import Path

import pytest

from tests.torture.ground import open_ground
from tests.torture.plans import Plan, allows_slot
from tests.torture.round import open_round

pytestmark = pytest.mark.integration
KILLS = 14


def test_nothing_is_lost_by_a_move_and_a_return_that_are_killed_again_and_again(tmp_path: Path) -> None:
    seed = os.environ.get("TORTURE_SEED") or str(random.SystemRandom().randrange(10**6))
    say(f"the same again is: TORTURE_SEED={seed} pytest {__file__}")
    slot = allows_slot(seed, 0)
    plan = Plan(seed, KILLS, returns=True, migrates=False, watches=True, filler=2000, stumbles=True, slot=slot)
    with open_ground("15", "15") as ground:
        report = open_round(ground, plan, tmp_path, say).run()
    say(str(report))
    assert report.kills.total() >= KILLS // 2
    assert report.transactions > 500


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
