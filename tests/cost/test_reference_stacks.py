"""Ten stacks and a fleet whose monthly totals were worked out by hand: the same inputs give the same cents.

The expected cents are the sums of list prices of us-east-1, e.g. for one 0.25 vCPU ARM task:
730 × (0.25 × 0.03238 + 0.5 × 0.00356) = 7.2088 dollars.
"""

from dataclasses import dataclass, replace

import pytest

from homeport.cost.account import secret_uses, zone_uses
from homeport.cost.compute import task_uses
from homeport.cost.data import disk_uses, image_uses, instance_uses, node_uses, serverless_cache_uses
from homeport.cost.line import Use, fixed
from homeport.cost.network import address_uses, egress_uses, nat_uses
from homeport.cost.prices.book import PriceBook, load_book
from homeport.cost.pricing import price_uses
from homeport.cost.requests import api_uses, balancer_uses
from homeport.cost.watching import alarm_uses, log_uses

REGION = "us-east-1"


@dataclass(frozen=True)
class Stack:
    tasks: tuple[int, float, float, str]  # count, vCPU, GB, architecture
    database: tuple[str, int, bool] = ("db.t4g.medium", 64, False)
    cache: tuple[str, int] | None = ("cache.t4g.micro", 1)
    nat: int = 0
    front: str = "alb"
    lcu: float = 0.1
    nat_gb: float = 50
    logs: float = 10
    egress: float = 50
    images: float = 5
    alarms: int = 5
    millions: float = 5

    def uses(self) -> list[Use]:
        count, cpu, memory, architecture = self.tasks
        size, disk, standby = self.database
        return [
            *task_uses("web", fixed(count), (int(cpu * 1024), int(memory * 1024)), architecture),  # type: ignore[arg-type]
            *self._front(),
            *(nat_uses(self.nat, fixed(self.nat_gb)) if self.nat else address_uses("tasks", fixed(count))),
            *instance_uses(size, standby),
            *disk_uses(fixed(disk), standby),
            *self._cache(),
            *log_uses(fixed(self.logs), "logs"),
            *egress_uses(fixed(self.egress)),
            *secret_uses(fixed(1)),
            *zone_uses(fixed(1)),
            *image_uses(fixed(self.images)),
            *alarm_uses(fixed(self.alarms), "alarms"),
        ]

    def _front(self) -> list[Use]:
        if self.front == "httpapi":
            return api_uses(fixed(self.millions * 1e6))
        return [*balancer_uses(1, fixed(self.lcu)), *address_uses("load balancer", fixed(2))]

    def _cache(self) -> list[Use]:
        if self.cache is None:
            return []
        size, nodes = self.cache
        return serverless_cache_uses(fixed(nodes)) if size == "serverless" else node_uses(size, nodes)


SMALL = (3, 0.25, 0.5, "arm")
STACKS = {
    "A hobby": (
        Stack(
            (1, 0.25, 0.5, "arm"), ("db.t4g.micro", 20, False), ("serverless", 1), logs=2, egress=10, alarms=2, images=2
        ),
        5664,
    ),
    "A2 hobby without cache, HTTP API": (
        Stack(
            (1, 0.25, 0.5, "arm"),
            ("db.t4g.micro", 20, False),
            None,
            front="httpapi",
            logs=2,
            egress=10,
            alarms=2,
            images=2,
            millions=1,
        ),
        2720,
    ),
    "B small, public subnets": (Stack(SMALL), 12574),
    "B, one NAT": (Stack(SMALL, nat=1), 15354),
    "B, high availability": (Stack(SMALL, ("db.t4g.medium", 64, True), ("cache.t4g.micro", 2), nat=2), 25419),
    "B, one size up": (Stack((3, 0.5, 1, "arm"), nat=1), 17517),
    "C mid": (
        Stack(
            (6, 0.5, 1, "arm"),
            ("db.m7g.large", 256, False),
            ("cache.t4g.micro", 2),
            nat=1,
            lcu=0.3,
            logs=30,
            egress=200,
            nat_gb=100,
        ),
        34805,
    ),
    "D Performance-M": (
        Stack(
            (6, 2, 4, "arm"),
            ("db.m7g.large", 256, True),
            ("cache.t4g.small", 2),
            nat=2,
            lcu=1,
            logs=60,
            egress=500,
            nat_gb=200,
        ),
        86632,
    ),
    "E like for like": (
        Stack((4, 8, 16, "x86"), ("db.r6g.xlarge", 768, False), None, nat=2, lcu=2, logs=100, egress=1000, nat_gb=300),
        182541,
    ),
    "E right-sized": (
        Stack((4, 4, 16, "arm"), ("db.r6g.xlarge", 768, False), None, nat=2, lcu=2, logs=100, egress=1000, nat_gb=300),
        121665,
    ),
}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return load_book()


def cents(uses: list[Use], book: PriceBook) -> float:
    lines, unknown = price_uses([_there(use) for use in uses], book)
    assert not unknown
    return sum(line.cents for line in lines)


def _there(use: Use) -> Use:
    return replace(use, region=REGION)


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_costs_what_was_worked_out_to_the_cent(name: str, book: PriceBook) -> None:
    stack, expected = STACKS[name]
    assert round(cents(stack.uses(), book)) == expected


def test_eight_small_stacks_cost_what_was_worked_out_in_each_layout(book: PriceBook) -> None:
    one = Stack(SMALL, nat=1)
    isolated = 8 * cents(one.uses(), book)
    front = [*balancer_uses(1, fixed(0)), *address_uses("load balancer", fixed(2)), *nat_uses(1, fixed(0))]
    network = isolated - 7 * cents(front, book)
    own = [*instance_uses("db.t4g.medium", False), *disk_uses(fixed(64), False), *node_uses("cache.t4g.micro", 1)]
    servers = 2 * instance_uses("db.t4g.large", False) + disk_uses(fixed(8 * 64 * 0.5), False)
    data = network - 8 * cents(own, book) + cents([*servers, *node_uses("cache.t4g.small", 2)], book)
    assert [round(total) for total in (isolated, network, data)] == [122831, 80674, 54866]


def test_each_line_of_a_stack_is_the_sum_of_its_prices(book: PriceBook) -> None:
    lines, _ = price_uses([_there(use) for use in STACKS["D Performance-M"][0].uses()], book)
    by_kind: dict[str, float] = {}
    for line in lines:
        by_kind[line.kind] = by_kind.get(line.kind, 0) + line.cents / 100
    assert by_kind == pytest.approx(
        {
            "compute": 6 * 730 * (2 * 0.03238 + 4 * 0.00356),
            "requests": 730 * (0.0225 + 0.008),
            "network": 730 * 2 * 0.005 + 2 * 730 * (0.045 + 0.005) + 200 * 0.045 + 400 * 0.09,
            "databases": 2 * 730 * 0.168 + 2 * 256 * 0.115,
            "caches": 2 * 730 * 0.0256,
            "watching": 55 * 0.50 + 60 * 0.03 + 5 * 0.10,
            "account": 0.40 + 0.50,
            "storage": 5 * 0.10,
        }
    )
