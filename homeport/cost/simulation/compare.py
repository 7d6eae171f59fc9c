"""One service: what it is declared as, what Heroku runs today, a function, and the cheapest that hold the goal.

The search replays the busiest four weeks of a longer profile; its best, and everything else, are replayed over all of
it. `choices` are the whole grid, for the plot of cost against latency.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from homeport.cost.simulation.functions import FunctionPrices, FunctionReplay, FunctionSettings, replay_function
from homeport.cost.simulation.profile import Profile, busiest
from homeport.cost.simulation.replay import Replay, replay
from homeport.cost.simulation.search import Choice, Goal, judge, search
from homeport.cost.simulation.service_time import ServiceTime
from homeport.cost.simulation.settings import VCPU, Prices, Settings, Workload
from homeport.cost.simulation.tracking import Timing
from homeport.errors import HomeportError

SEARCH_DAYS = 28
FINALISTS = 16  # of each kind, where the search saw only a part of the profile


@dataclass(frozen=True)
class Dynos:
    """What runs on Heroku: a fixed number. `month_usd` is of all of them, None if unknown."""

    count: int
    workers: int = 2
    cores: float = 1.0
    month_usd: float | None = None


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of one service."""

    name: str
    profile: Profile
    service: ServiceTime
    goal: Goal
    prices: Prices
    timing: Timing = Timing()
    cpu_share: float = 0.5
    tasks_min: int = 1
    seed: int | None = None
    declared: Settings | None = None
    dynos: Dynos | None = None
    function: FunctionSettings | None = None
    function_prices: FunctionPrices | None = None

    def workload(self, profile: Profile) -> Workload:
        """The profile as it is replayed."""
        return profile.workload(self.name, self.service, self.cpu_share, self.seed)


@dataclass(frozen=True, eq=False)
class Option:
    """One way to run the service, replayed over the whole profile."""

    name: str  # `homeport.yml`, `Heroku today`, `function`, `cheapest`, `cheapest fixed`; `quickest…` where none holds
    replay: Replay | FunctionReplay
    month_usd: float | None
    holds: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    """The answer. `cheapest` is None if nothing in the grid holds the goal."""

    question: Question
    options: tuple[Option, ...]
    choices: tuple[Choice, ...]

    @property
    def cheapest(self) -> Option | None:
        """The option to choose."""
        found = [option for option in self.options if option.name.startswith("cheapest") and option.holds]
        return min(found, key=lambda option: option.month_usd or 0.0, default=None)


def compare(question: Question) -> Comparison:
    """Search, then replay what was found beside what there is. Raises HomeportError if nothing was ever requested."""
    if not question.profile.requests.any():
        raise HomeportError(f"{question.profile.source}: has no requests", "simulate a time in which there were some")
    part = busiest(question.profile, SEARCH_DAYS)
    choices = search(question.workload(part), question.prices, question.goal, question.timing, question.tasks_min)
    workload = question.workload(question.profile)
    finalists = choices
    if part is not question.profile:
        finalists = [
            judge(result, question.prices, question.goal)
            for kind in (False, True)
            for result in replay([(workload, s) for s in _best(choices, kind, FINALISTS)], question.timing)
        ]
        finalists.sort(key=lambda choice: (not choice.holds, choice.month_usd))
    wanted = dict(_wanted(question, finalists))
    found = replay([(workload, settings) for settings in wanted.values()], question.timing, keep_series=True)
    options = [_option(question, name, result) for name, result in zip(wanted, found, strict=True)]
    if question.function:
        options.append(_function(question, workload, question.function))
    return Comparison(question, tuple(options), tuple(choices))


def _wanted(question: Question, choices: Sequence[Choice]) -> Iterator[tuple[str, Settings]]:
    if question.dynos:
        dynos = question.dynos
        cpu = round(dynos.cores * VCPU)
        yield "Heroku today", Settings(cpu, 512, dynos.workers, dynos.count, dynos.count)
    if question.declared:
        yield "homeport.yml", question.declared
    for end, is_fixed in (("", False), (" fixed", True)):
        of_kind = [choice for choice in choices if (choice.replay.settings.target is None) == is_fixed]
        if of_kind and of_kind[0].holds:
            yield f"cheapest{end}", of_kind[0].replay.settings
        elif of_kind:
            yield f"quickest{end}", min(of_kind, key=lambda choice: choice.replay.p95_ms).replay.settings


def _best(choices: Sequence[Choice], is_fixed: bool, number: int) -> list[Settings]:
    of_kind = [choice.replay.settings for choice in choices if (choice.replay.settings.target is None) == is_fixed]
    return of_kind[:number]


def _option(question: Question, name: str, result: Replay) -> Option:
    choice = judge(result, question.prices, question.goal)
    month_usd = question.dynos.month_usd if question.dynos and name == "Heroku today" else choice.month_usd
    return Option(name, result, month_usd, choice.holds)


def _function(question: Question, workload: Workload, settings: FunctionSettings) -> Option:
    result = replay_function(workload, settings)
    lost = result.throttled / result.requests if result.requests else 0.0
    holds = result.p95_ms <= question.goal.p95_ms and lost <= question.goal.errors
    usd = result.month_usd(question.function_prices) if question.function_prices else None
    return Option("function", result, usd, holds)
