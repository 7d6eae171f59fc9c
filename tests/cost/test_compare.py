"""Heroku beside AWS: the reference team, a hobby application, and where each layout breaks even."""

import pytest

from homeport.cost.compare import Comparison, compare, differences
from homeport.cost.estimate import estimate
from homeport.cost.layout import parse_layout
from homeport.cost.prices.book import PriceBook, load_book
from homeport.model.platform import Platform
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
    assert verdict.moves and verdict.saving_percent and verdict.saving_percent >= 35
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


def test_a_layout_with_unknown_prices_is_never_recommended() -> None:
    without_spot = PriceBook(BOOK.date, {key: price for key, price in BOOK.prices.items() if "spot" not in price.id})
    team = compare(*load_team(), without_spot)
    spot = next(option for option in team.options if option.layout.name == "arm,spot")
    assert spot.more_unknown and spot.break_even is None
    assert team.verdict.layout != spot.layout


def test_workers_on_spot_cost_less_and_are_said_not_to_be_built(team: Comparison) -> None:
    arm, spot = (next(o for o in team.options if o.layout.name == name) for name in ("arm", "arm,spot"))
    assert spot.cents < arm.cents and not spot.more_unknown and "Spot for workers" in spot.layout.missing


def test_prices_unknown_in_a_region_are_in_no_sum_and_shown_as_in_another(team: Comparison) -> None:
    platform, usage = load_team()
    europe = compare(platform.model_copy(update={"region": "eu-west-1"}), usage, BOOK)
    unknown = {item.use.price for item in europe.chosen.estimate.unknown}
    assert unknown
    assert not europe.verdict.moves and europe.verdict.saving_percent is None and europe.verdict.recommended is None
    assert all(option.break_even is None for option in europe.options)
    assert europe.shown is europe.filled
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


def test_the_break_even_is_between_two_teams_that_were_estimated(team: Comparison) -> None:
    platform, usage = load_team()
    kept = sorted(team.chosen.parts, key=lambda part: part.heroku_cents - part.aws_cents)
    names = [part.name for part in kept if part.name in platform.services]
    found = team.chosen.break_even
    assert found and found.cheaper_cents and found.cheaper_services
    for count, cents, is_dearer in (
        (found.dearer_services, found.dearer_cents, True),
        (found.cheaper_services, found.cheaper_cents, False),
    ):
        smaller = compare(*_only(platform, usage, names[:count]), BOOK)
        assert smaller.bill.cents == cents
        assert (smaller.chosen.cents > smaller.bill.cents) == is_dearer


def _only(platform: Platform, usage: Usage, names: list[str]) -> tuple[Platform, Usage]:
    """The files of a team that has these services alone."""
    document = platform.model_dump(mode="json", exclude_none=True)
    said = usage.model_dump(mode="json", exclude_none=True)
    used = {data for name in names for data in document["services"][name]["uses"]}
    apps = {c["app"] for c in said["heroku"]["charges"] if c["part"] in names}
    said["heroku"] = {"charges": [charge for charge in said["heroku"]["charges"] if charge["app"] in apps]}
    said["environments"]["prod"]["nat_gb"] = 180 * len(names) / len(document["services"])
    for place in [document, *document["environments"].values()]:
        place["services"] = {name: place["services"][name] for name in place.get("services", {}) if name in names}
        for kind in ("databases", "caches"):
            place[kind] = {name: declared for name, declared in place.get(kind, {}).items() if name in used}
    return Platform.model_validate(document), Usage.model_validate(said)


def test_a_team_that_does_not_save_as_a_whole_breaks_even_above_its_bill() -> None:
    comparison = hobby(1500)
    even = comparison.chosen.break_even
    assert even and (even.dearer_cents, even.cheaper_cents) == (1500, None)


def test_isolated_networks_break_even_later_than_a_shared_one(team: Comparison) -> None:
    by_name = {option.layout.name: option.break_even for option in team.options}
    isolated, shared = by_name["isolated"], by_name["default"]
    assert isolated and shared and shared.cheaper_cents
    assert isolated.dearer_cents > shared.cheaper_cents > 0


def test_what_had_better_stay_is_priced_as_an_option() -> None:
    charges = [{"part": "s0", "item": "a", "cents": 90_000}, {"part": "s1", "item": "b", "cents": 700}]
    comparison = compare(make_platform(2), Usage.model_validate({"heroku": {"charges": charges}}), BOOK)
    leaving = comparison.leaving
    assert leaving and leaving.names == ("s1",) and leaving.heroku_cents == 700
    alone = Usage.model_validate({"heroku": {"charges": charges[:1]}})
    assert leaving.aws_cents == pytest.approx(compare(make_platform(1), alone, BOOK).recommended.estimate.cents)
    assert leaving.cents < comparison.recommended.cents


def test_a_layout_that_homeport_does_not_build_is_never_recommended() -> None:
    for asked in ("spot", "arm,spot", "nat=1", "isolated,sleep"):
        comparison = compare(make_platform(), Usage(), BOOK, parse_layout(asked))
        assert comparison.chosen.layout == parse_layout(asked)
        assert not comparison.verdict.layout.missing
        assert comparison.recommended.layout == comparison.verdict.layout


def test_the_layout_that_was_asked_for_comes_first() -> None:
    comparison = compare(make_platform(), Usage(), BOOK, parse_layout("isolated"))
    assert comparison.chosen.layout.name == "isolated"
    assert comparison.verdict.layout.name == "default"


def test_an_estimate_does_not_differ_from_itself() -> None:
    there = estimate(make_platform(), Usage(), BOOK)
    assert differences(there, there) == ()
