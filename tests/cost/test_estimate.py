"""The AWS bill of a platform: everything that Homeport builds is in it, in the quantities that it is built in."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.cost.data import extended_support_uses
from homeport.cost.estimate import Estimate, estimate
from homeport.cost.layout import DEFAULT, Layout, parse_layout
from homeport.cost.prices.book import load_book
from homeport.errors import HomeportError
from homeport.model.platform import Platform
from homeport.model.usage import Usage
from tests.cost.platforms import load_team, make_platform

BOOK = load_book()

TIDY = {"path": ".", "processes": {"web": {"command": "web"}}}


def bill(platform: Platform, layout: str = "", usage: Usage | None = None) -> Estimate:
    return estimate(platform, usage or Usage(), BOOK, parse_layout(layout))


def quantity(of: Estimate, price: str, part: str | None = None) -> float:
    return sum(line.quantity.typical for line in of.lines if line.price == price and part in (None, line.part))


def measured(**service: object) -> Usage:
    return Usage.model_validate({"environments": {"prod": {"services": {"s0": service}}}})


def test_a_task_is_billed_for_its_hours_in_its_architecture() -> None:
    there = bill(make_platform())
    assert quantity(there, "fargate.x86.vcpu") == pytest.approx(2 * 0.25 * 730)
    assert quantity(bill(make_platform(), "arm"), "fargate.arm.gb") == pytest.approx(2 * 0.5 * 730)


def test_the_architecture_is_the_declared_one_unless_the_layout_says_otherwise() -> None:
    services = {"s0": TIDY, "s1": TIDY | {"architecture": "arm64"}}
    functions = {"f": {"path": ".", "routes": ["GET /f"]}}
    here = {"services": services, "functions": functions, "databases": {}, "caches": {}}
    mixed, arm = make_platform(**here), make_platform(**here, architecture="arm64")

    def tasks(there: Estimate) -> dict[str, str]:
        return {line.part: line.price for line in there.lines if line.price.endswith((".vcpu", ".gb-second"))}

    x86 = {"s0": "fargate.x86.vcpu", "s1": "fargate.x86.vcpu", "f": "lambda.x86.gb-second"}
    assert tasks(bill(mixed)) == x86 | {"s1": "fargate.arm.vcpu"}
    assert tasks(bill(mixed, "x86")) == x86
    assert tasks(bill(arm)) == tasks(bill(mixed, "arm")) == {key: x86[key].replace("x86", "arm") for key in x86}


@pytest.mark.parametrize("architecture", ["arm", "x86"])
def test_only_workers_run_on_spot(architecture: str) -> None:
    there = bill(make_platform(), "arm,spot" if architecture == "arm" else "spot")
    assert quantity(there, f"fargate.{architecture}.vcpu") == pytest.approx(0.25 * 730)
    assert quantity(there, f"fargate.{architecture}.vcpu.spot") == pytest.approx(0.25 * 730)
    assert not there.unknown


def test_measured_tasks_replace_what_autoscaling_is_assumed_to_do_but_not_its_minimum() -> None:
    web = {"web": {"command": "web", "scale": {"min": 2, "max": 6}}}
    scaled = make_platform(services={"s0": {"path": ".", "processes": web}}, databases={}, caches={})
    (line, *_) = [line for line in bill(scaled).lines if line.price == "fargate.x86.vcpu"]
    amount = line.quantity
    assert (amount.low, amount.typical, amount.high) == pytest.approx((2 * 182.5, 3 * 182.5, 6 * 182.5))
    assert amount.basis == "assumed"
    for tasks, expected in ((4.5, 4.5), (0.5, 2)):
        there = bill(scaled, usage=measured(tasks={"web": tasks}))
        assert quantity(there, "fargate.x86.vcpu") == pytest.approx(expected * 182.5)
        assert all(line.basis == "measured" for line in there.lines if line.price == "fargate.x86.vcpu")


def test_what_was_measured_replaces_what_is_assumed() -> None:
    there = bill(make_platform(), usage=measured(requests=3_000_000, log_gb=8))
    assert quantity(there, "api.http.request") == 3_000_000
    assert quantity(there, "logs.in", "s0") == 8


def test_the_network_is_one_for_all_or_one_for_each_service() -> None:
    shared, isolated = bill(make_platform(3)), bill(make_platform(3), "isolated")
    for price, hours in (("nat.hour", 730), ("alb.hour", 730), ("ipv4.hour", 730)):
        assert quantity(shared, price) == hours
        assert quantity(isolated, price) == 3 * hours
    assert quantity(shared, "nat.gb") == pytest.approx(quantity(isolated, "nat.gb"))


def test_one_nat_gateway_for_two_zones_is_reached_across_them_and_one_in_each_is_not() -> None:
    one, each = bill(make_platform()), bill(make_platform(), "high")
    crossing = [line for line in one.lines if line.item == "NAT gateways in another zone"]
    assert [line.quantity.typical for line in crossing] == [quantity(one, "nat.gb")]
    assert not [line for line in each.lines if line.item == "NAT gateways in another zone"]


def test_an_internal_load_balancer_has_no_public_address() -> None:
    items = {line.item for line in bill(make_platform()).lines if line.price == "ipv4.hour"}
    assert items == {"public IPv4 addresses of NAT gateways"}


def test_high_availability_doubles_what_terraform_doubles() -> None:
    standard, high = bill(make_platform()), bill(make_platform(), "high")
    for price in ("nat.hour", "ipv4.hour", "rds.db.t4g.micro", "rds.gp3"):
        assert quantity(high, price) == pytest.approx(2 * quantity(standard, price))
    assert quantity(high, "alb.hour") == quantity(standard, "alb.hour")
    assert any("no replica" in note for note in high.notes)
    assert any("a single task" in note for note in high.notes)


def test_without_nat_gateways_every_task_has_a_public_address() -> None:
    there = bill(make_platform(2), "nat=0")
    assert quantity(there, "nat.hour") == 0
    assert quantity(there, "ipv4.hour") == pytest.approx(4 * 730)


def test_without_a_load_balancer_only_requests_are_paid() -> None:
    there = bill(make_platform(), "direct")
    assert quantity(there, "alb.hour") == quantity(there, "alb.lcu") == 0
    assert quantity(there, "api.http.request") > 0


def test_what_is_not_production_sleeps_and_its_disks_and_gateways_do_not() -> None:
    both = {"stage": {"account": "210000000001"}, "prod": {"account": "210000000002"}}
    awake, asleep = (bill(make_platform(environments=both), layout) for layout in ("", "sleep"))
    for price in ("fargate.x86.vcpu", "rds.db.t4g.micro"):
        assert quantity(asleep, price) == pytest.approx((1 + 60 / 168) / 2 * quantity(awake, price))
    for price in ("rds.gp3", "nat.hour", "alb.hour"):
        assert quantity(asleep, price) == quantity(awake, price)


def test_small_databases_and_caches_move_together_where_data_is_shared() -> None:
    eight = {f"db{index}": {"size": "db.t4g.medium", "storage_gb": 64} for index in range(8)}
    there = bill(make_platform(8, databases=eight), "shared-data")
    assert quantity(there, "rds.db.t4g.large") == pytest.approx(2 * 730)  # 32 GiB on two servers of 8
    assert quantity(there, "rds.db.t4g.medium") == 0
    assert quantity(there, "rds.gp3") == 8 * 64


def test_a_disk_is_what_is_declared_or_what_is_stored_if_that_is_more() -> None:
    usage = Usage.model_validate({"environments": {"prod": {"data": {"db0": {"storage_gb": 75}}}}})
    assert quantity(bill(make_platform()), "rds.gp3") == 20
    assert quantity(bill(make_platform(), usage=usage), "rds.gp3") == 75


def test_an_answer_larger_than_512_kb_counts_as_several_requests() -> None:
    there = bill(make_platform(), usage=measured(requests=1000, response_kb=1100))
    assert quantity(there, "api.http.request") == 3000


def test_the_baseline_of_every_account_is_paid() -> None:
    guarded, trail, none = (bill(make_platform(), layout) for layout in ("", "trail", "no-baseline"))
    assert len([line for line in guarded.lines if line.price == "guardduty.event"]) == 4  # prod and three of the team
    assert not [line for line in trail.lines if line.price == "guardduty.event"]
    assert quantity(trail, "config.item") > 0 == quantity(none, "config.item")


def test_the_floor_of_each_account_is_told_and_adds_up() -> None:
    there = estimate(*load_team(), BOOK)
    assert set(there.by_account) == {"stage", "prod", "organisation"}
    assert sum(there.by_account.values()) == pytest.approx(there.cents)
    floor = there.floor_by_account
    assert floor["prod"] > floor["stage"] > floor["organisation"] > 0
    assert sum(floor.values()) == pytest.approx(there.floor_cents)


def test_two_alarms_are_made_by_each_process_that_scales() -> None:
    web = {"web": {"command": "w", "scale": {"min": 1, "max": 4}}, "worker": {"command": "w"}}
    there = bill(make_platform(services={"s0": {"path": ".", "processes": web}}))
    assert quantity(there, "cloudwatch.alarm", "s0") == 2


def test_functions_are_billed_for_calls_and_gigabyte_seconds() -> None:
    function = {"path": ".", "memory_mb": 512, "schedule": "rate(1 hour)"}
    usage = Usage.model_validate(
        {"environments": {"prod": {"services": {"f": {"requests": 4_000_000, "duration_ms": 500}}}}}
    )
    there = bill(make_platform(functions={"f": function}), usage=usage)
    assert quantity(there, "lambda.request") == 4_000_000
    assert quantity(there, "lambda.x86.gb-second") == pytest.approx(1_000_000)
    seconds = sum(line.cents for line in there.lines if line.price == "lambda.x86.gb-second")
    assert seconds == pytest.approx(600_000 * 0.0000166667 * 100)  # 400,000 are free


def test_a_schedule_is_billed_for_the_minutes_of_its_runs() -> None:
    due = {"schedule": "cron(0 3 * * ? *)", "command": "tidy"}
    services = {"s0": TIDY | {"schedules": {"tidy": due, "off": due | {"enabled": False}}}}
    platform = make_platform(services=services, databases={}, caches={})

    def minutes(there: Estimate) -> list[float]:
        found = [line for line in there.lines if line.item.startswith("schedule tidy") and ".vcpu" in line.price]
        return [round(line.quantity.typical * 60 / 0.25, 3) for line in found]

    there = bill(platform)
    assert quantity(there, "scheduler.invocation") == pytest.approx(365 / 12)
    assert minutes(there) == [round(2 * 365 / 12, 3)]  # two minutes are assumed
    assert minutes(bill(platform, usage=measured(run_minutes={"tidy": 10}))) == [round(10 * 365 / 12, 3)]
    assert minutes(bill(platform, usage=measured(run_minutes={"tidy": 0.1}))) == [round(365 / 12, 3)]


ROUTED = {"path": ".", "routes": ["GET /f"], "uses": ["db0"]}


def test_each_request_to_a_function_is_an_invocation_of_it() -> None:
    there = bill(make_platform(functions={"f": ROUTED}))
    assert quantity(there, "lambda.request", "f") == quantity(there, "api.http.request", "f") == 1_000_000
    ticking = bill(make_platform(functions={"f": ROUTED | {"schedule": "rate(1 hour)"}}))
    assert quantity(ticking, "lambda.request", "f") > 1_000_000


def test_what_functions_send_is_billed_as_what_services_send() -> None:
    said = {"requests": 2_000_000, "response_kb": 50, "egress_gb": 7}
    usage = Usage.model_validate({"environments": {"prod": {"services": {"f": said}}}})
    there = bill(make_platform(functions={"f": ROUTED}), usage=usage)
    assert quantity(there, "transfer.out", "f") == pytest.approx(100 + 7)
    alone = {"services": {}, "databases": {"db0": {}}, "caches": {}}
    inside = bill(make_platform(functions={"f": ROUTED}, **alone), usage=usage)
    outside = bill(make_platform(functions={"f": ROUTED | {"uses": []}}, **alone), usage=usage)
    assert (quantity(inside, "nat.gb"), quantity(outside, "nat.gb")) == (7, 0)  # Terraform: only what reaches data
    crossing = [line for line in inside.lines if line.item == "databases in another zone"]
    assert [line.quantity.typical for line in crossing] == [pytest.approx(100)]


def test_the_access_log_is_never_more_certain_than_the_size_of_its_lines() -> None:
    there = bill(make_platform(), usage=measured(requests=10_000_000))
    (line,) = [line for line in there.lines if line.item == "access log of the API, taken in"]
    assert line.basis == "assumed"
    amount = line.quantity
    assert (amount.low, amount.typical, amount.high) == pytest.approx((3.5, 4.5, 9))


def test_what_clients_download_is_measured_of_buckets_and_sites() -> None:
    there = {"files": {}, "pictures": {"public_read": True}}
    said = {name: {"served_gb": gb, "requests": 1000} for name, gb in (("files", 40), ("pictures", 50), ("www", 60))}
    usage = Usage.model_validate({"environments": {"prod": {"data": said}}})
    found = bill(make_platform(buckets=there, sites={"www": {"path": "."}}), usage=usage)
    assert quantity(found, "transfer.out", "files") == 40
    assert quantity(found, "cloudfront.gb", "pictures") == 50 and quantity(found, "cloudfront.gb", "www") == 60
    assert quantity(found, "cloudfront.request", "www") == 1000
    assert not quantity(found, "cloudfront.gb", "files") and not quantity(found, "transfer.out", "pictures")


def test_extended_support_is_priced_by_vcpu_for_old_versions_only() -> None:
    (use,) = extended_support_uses("12.4", "db.t3.large", standby=False)
    assert use.amount.typical * 0.10 == pytest.approx(146)  # dollars a month
    assert extended_support_uses("16", "db.t3.large", standby=False) == []


def test_only_the_environments_that_are_named_are_estimated() -> None:
    platform, usage = load_team()
    there = estimate(platform, usage, BOOK, DEFAULT, ["stage"])
    assert {line.environment for line in there.lines} == {"stage", ""}
    with pytest.raises(HomeportError, match="environment qa: is not declared"):
        estimate(platform, usage, BOOK, DEFAULT, ["qa"])


def test_a_platform_without_environments_in_the_cloud_is_estimated_once_and_says_so() -> None:
    there = bill(make_platform(environments={}))
    assert there.environments == ("local",)
    assert any("declares no environment in the cloud" in note for note in there.notes)


def test_lines_and_unknown_things_are_everything_there_is_in_a_region_without_prices() -> None:
    here, there = bill(make_platform()), bill(make_platform(region="eu-west-1"))
    wanted = {line.price for line in here.lines}
    assert {line.price for line in there.lines} | {unknown.use.price for unknown in there.unknown} == wanted
    assert all(line.region in ("eu-west-1", "global") for line in there.lines)


MORE: dict[str, Callable[[float], dict[str, object]]] = {
    "requests": lambda n: {"requests": n * 1e6},
    "response_kb": lambda n: {"response_kb": n * 40},
    "egress_gb": lambda n: {"egress_gb": n * 100},
    "log_gb": lambda n: {"log_gb": n * 10},
    "tasks": lambda n: {"tasks": {"web": n, "worker": n}},
}


@given(st.sampled_from(sorted(MORE)), st.floats(0, 500), st.floats(0, 500))
@settings(max_examples=60)
def test_more_usage_never_costs_less(what: str, one: float, more: float) -> None:
    before = bill(make_platform(), usage=measured(**MORE[what](one)))
    after = bill(make_platform(), usage=measured(**MORE[what](one + more)))
    assert after.cents >= before.cents - 1e-6
    assert after.cents_high >= before.cents_high - 1e-6


LAYOUTS = st.builds(
    Layout,
    sharing=st.sampled_from(["isolated", "network", "data"]),
    architecture=st.sampled_from(["declared", "x86", "arm"]),
    front=st.sampled_from(["balancer", "direct"]),
    sleep=st.booleans(),
    baseline=st.sampled_from(["none", "trail", "guarded"]),
)


@given(LAYOUTS, st.integers(1, 5))
@settings(max_examples=60)
def test_high_availability_is_never_cheaper(layout: Layout, services: int) -> None:
    platform = make_platform(services)
    high = estimate(platform, Usage(), BOOK, replace(layout, availability="high"))
    standard = estimate(platform, Usage(), BOOK, replace(layout, availability="standard"))
    assert high.cents > standard.cents
    assert standard.cents_low <= standard.cents <= standard.cents_high


@given(LAYOUTS, st.integers(1, 4))
@settings(max_examples=40)
def test_one_more_service_is_never_cheaper(layout: Layout, services: int) -> None:
    less = estimate(make_platform(services), Usage(), BOOK, layout)
    more = estimate(make_platform(services + 1), Usage(), BOOK, layout)
    assert more.cents > less.cents


def test_a_declared_zone_is_billed_and_domains_cost_nothing() -> None:
    there = bill(make_platform())
    domain = {"services": {"s0": {"domains": ["a.example"], "routes": ["GET /"]}}}
    prod = {"account": "210000000002", "zones": ["a.example", "b.example"], **domain}
    named = bill(make_platform(environments={"prod": prod}))
    (line,) = [line for line in named.lines if line.price == "route53.zone"]
    assert (line.quantity.typical, line.basis) == (2, "fixed")
    others = {line.price for line in named.lines} - {line.price for line in there.lines}
    assert others == set()
