"""Messages that come back to where they began: topics make a graph of who publishes and who listens.

A function is invoked by every message and publishes again: a loop of functions alone never ends, and is a mistake. A
service reads its queue itself and may well answer (an order, its payment, the order again): a loop through one is only
a warning. A service that listens to a topic of its own has a job queue.
"""

from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter

from homeport.model.platform import Platform
from homeport.model.problems import Problem


def find_loop_problems(platform: Platform) -> Iterator[Problem]:
    """Functions that would invoke each other for ever."""
    for loop in _loops(_precede(platform, platform.functions)):
        yield Problem(("functions", loop[0], "on"), f"{_around(loop)}: each message makes the next, without end")


def find_loop_warnings(platform: Platform) -> Iterator[Problem]:
    """Loops of two parts or more that a service may end."""
    precede = _precede(platform, [*platform.services, *platform.functions])
    for name in platform.services:
        precede[name] = [other for other in precede[name] if other != name]
    for loop in _loops(precede):
        services = [name for name in loop if name in platform.services]
        if services:
            text = f"{_around(loop)}: each message may make the next; make sure that {services[0]} ends it"
            yield Problem(("services", services[0], "on"), text)


def _precede(platform: Platform, among: Collection[str]) -> dict[str, list[str]]:
    """Part → those whose messages it gets."""
    parts = {name: part for _, name, part in platform.with_code() if name in among}
    publishers: dict[str, list[str]] = {}
    for name, part in parts.items():
        for target in part.uses:
            if target in platform.topics:
                publishers.setdefault(target, []).append(name)
    return {name: [other for topic in part.on for other in publishers.get(topic, [])] for name, part in parts.items()}


def _around(loop: list[str]) -> str:
    return " → ".join([*loop, loop[0]])


def _loops(precede: dict[str, list[str]]) -> Iterator[list[str]]:
    """Loops of a graph (who comes directly before whom), until what is left without them has none."""
    left = dict(precede)
    while True:
        try:
            TopologicalSorter(left).prepare()
            return
        except CycleError as error:
            loop = list(dict.fromkeys(error.args[1]))
            yield loop
            left = {name: [other for other in others if other not in loop] for name, others in left.items()}
