"""A run's seed and a number → what happens in that round."""

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """What happens in a round. `returns`: back to the source in the end; `migrates`: the schema is changed midway;
    `watches`: nobody writes after the switch until both sides are compared; `filler`: rows that never change.
    `pointed`: steps die at each of their named points, and never at other moments; `undoes`: a cutover that was killed
    when the fence was up is taken back first; `stumbles`: the switch command fails once, when it has done its work;
    `leaves_again`: after the return there is a second cutover; `abandons`: the move is given up midway, and begun anew;
    `slot`: the source allows a replication slot.
    """

    seed: str
    kills: int
    returns: bool
    migrates: bool
    watches: bool
    filler: int = 20_000
    rest_seconds: float = 0.03
    big_rows: int = 1
    pointed: bool = False
    undoes: bool = False
    stumbles: bool = False
    slot: bool = False
    leaves_again: bool = False
    abandons: bool = False


def plan_round(seed: int, number: int, kills: int) -> Plan:
    """The plan of one of a run's rounds: the first is calm, the second dies at every point, all others at random."""
    slot = allows_slot(seed, number)
    if number == 0:
        plan = Plan(f"{seed}/0", kills=0, returns=True, migrates=False, watches=False, rest_seconds=0.02)
        return replace(plan, leaves_again=True, abandons=True, slot=slot)
    if number == 1:
        plan = Plan(f"{seed}/1", kills=0, returns=True, migrates=True, watches=False, undoes=True)
        return replace(plan, abandons=True, pointed=True, slot=slot)
    chance = random.Random(f"{seed} round {number}")
    return Plan(
        seed=f"{seed}/{number}",
        kills=kills,
        returns=number % 2 == 0,
        migrates=chance.random() < 0.3,
        watches=chance.random() < 0.5,
        filler=chance.choice([1_000, 50_000, 200_000]),
        rest_seconds=chance.choice([0.0, 0.02, 0.1]),
        big_rows=chance.choice([0, 1, 2]),
        undoes=chance.random() < 0.3,
        stumbles=chance.random() < 0.3,
        leaves_again=number % 4 == 0,
        abandons=chance.random() < 0.3,
        slot=slot,
    )


def allows_slot(seed: object, number: int) -> bool:
    """Whether changes of a round come by a replication slot, or by triggers."""
    return random.Random(f"{seed} slot {number}").random() < 0.5
