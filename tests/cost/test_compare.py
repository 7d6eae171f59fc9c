"""Heroku beside AWS: the reference team, a hobby application, and where each layout breaks even."""

import pytest

from homeport.cost.compare import Comparison, break_even, compare, differences
from homeport.cost.estimate import estimate
from homeport.cost.layout import parse_layout
from homeport.cost.prices.book import load_book
from homeport.model.usage import Usage
from tests.cost.platforms import load_team, make_platform

BOOK = load_book()


@pytest.fixture(scope="module")
def team() -> Comparison:
    return compare(*load_team(), BOOK)


def hobby(cents: int) -> Comparison:
    charge = {"part": "s0", "environment": "prod", "item": "a", "cents": cents}
    return compare(make_platform(), Usage.model_validate({"heroku": {"charges": [charge]}}), BOOK)


def test_the_reference_team_pays_at_least_35_percent_less_with_high_availability_on(team: Comparison) -> None:
    verdict = team.verdict
    assert verdict.moves and verdict.saving_percent >= 35
    recommended = team.recommended
    assert recommended.layout.missing == ()  # Homeport builds it today
    assert not recommended.estimate.unknown and not team.bill.unknown
    standbys = [line for line in recommended.estimate.lines if line.item.endswith("with a standby")]
    assert len(standbys) == 6 and {line.environment for line in standbys} == {"prod"}
    assert sum(line.quantity.typical for line in recommended.estimate.lines if line.price == "nat.hour") == 3 * 730


def test_the_saving_of_the_team_is_shown_by_service_and_adds_up(team: Comparison) -> None:
    chosen, bill = team.chosen, team.bill
    heroku = sum(part.heroku_cents for part in chosen.parts) + bill.kept_cents
    assert heroku == pytest.approx(bill.cents)
    aws = sum(part.aws_cents for part in chosen.parts) + chosen.estimate.floor_cents + bill.kept_cents
    assert aws == pytest.approx(chosen.cents)
    saved = {part.name: part.heroku_cents - part.aws_cents for part in chosen.parts}
    assert saved["shop"] > saved["catalog"] > saved["billing"] > 0  # Performance dynos and Premium databases


def test_the_team_sees_every_choice_and_what_it_changes(team: Comparison) -> None:
    names = {option.layout.name for option in team.options}
    assert {"default", "isolated", "shared-data", "arm", "arm,spot", "direct", "standard", "sleep"} <= names
    isolated = next(option for option in team.options if option.layout.name == "isolated")
    assert isolated.cents > team.chosen.cents
    assert isolated.changes[0].item == "network: NAT gateways"
    assert isolated.changes[0].cents == pytest.approx(100 * 730 * 0.045 * (6 * 3 - 3))


def test_the_changes_of_a_layout_add_up_to_its_difference(team: Comparison) -> None:
    for option in team.options:
        left = option.estimate.cents - team.chosen.estimate.cents - sum(change.cents for change in option.changes)
        assert abs(left) < 50  # cents: what is smaller is not listed


def test_a_layout_with_unknown_prices_is_never_recommended(team: Comparison) -> None:
    spot = next(option for option in team.options if option.layout.name == "arm,spot")
    assert spot.more_unknown and spot.break_even_cents is None
    assert team.verdict.layout != spot.layout


def test_prices_unknown_in_a_region_are_in_no_sum_and_shown_as_in_another(team: Comparison) -> None:
    platform, usage = load_team()
    europe = compare(platform.model_copy(update={"region": "eu-west-1"}), usage, BOOK)
    unknown = {item.use.price for item in europe.chosen.estimate.unknown}
    assert unknown and any("at most" in reason for reason in europe.verdict.reasons)
    assert not unknown & {line.price for line in europe.chosen.estimate.lines}
    assert europe.filled and europe.filled_from == "us-east-1"
    borrowed = [line for line in europe.filled.chosen.estimate.lines if line.price in unknown]
    assert borrowed and {line.confidence for line in borrowed} == {"L"}
    assert europe.filled.chosen.cents > europe.chosen.cents
    assert team.filled is None  # nothing is unknown there


def test_the_reasons_tell_what_would_cost_less_and_is_not_built(team: Comparison) -> None:
    assert any("which Homeport does not build yet" in reason for reason in team.verdict.reasons)


def test_a_hobby_application_stays_on_heroku() -> None:
    comparison = hobby(1500)
    assert not comparison.verdict.moves
    assert comparison.verdict.stay == ("s0",)
    assert "stay, whole" in comparison.verdict.reasons[0]


def test_a_service_that_is_dearer_on_aws_is_named_although_the_team_moves() -> None:
    charges = [{"part": "s0", "item": "a", "cents": 90_000}, {"part": "s1", "item": "b", "cents": 700}]
    usage = Usage.model_validate({"heroku": {"charges": charges}})
    verdict = compare(make_platform(2), usage, BOOK).verdict
    assert verdict.moves and verdict.stay == ("s1",)


def test_without_a_heroku_bill_there_is_no_advice() -> None:
    verdict = compare(make_platform(), Usage(), BOOK).verdict
    assert not verdict.moves and verdict.stay == ()
    assert "not known" in verdict.reasons[0]


def test_at_the_break_even_bill_both_cost_the_same() -> None:
    comparison = hobby(50_000)
    for option in comparison.options:
        if option.break_even_cents is None:
            continue
        standing = sum(line.cents for line in option.estimate.lines if line.is_standing)
        grown = option.break_even_cents / comparison.bill.cents * (option.estimate.cents - standing)
        assert standing + grown == pytest.approx(option.break_even_cents)


def test_a_layout_that_costs_more_for_every_service_never_breaks_even() -> None:
    comparison = hobby(1500)
    assert break_even(comparison.chosen.estimate, comparison.bill) is None


def test_isolated_networks_break_even_later_than_a_shared_one(team: Comparison) -> None:
    by_name = {option.layout.name: option.break_even_cents for option in team.options}
    assert by_name["isolated"] > 2 * by_name["default"] > 0  # type: ignore[operator]


def test_the_layout_that_was_asked_for_comes_first() -> None:
    comparison = compare(make_platform(), Usage(), BOOK, parse_layout("isolated"))
    assert comparison.chosen.layout.name == "isolated"
    assert comparison.verdict.layout.name == "default"


def test_an_estimate_does_not_differ_from_itself() -> None:
    there = estimate(make_platform(), Usage(), BOOK)
    assert differences(there, there) == ()
