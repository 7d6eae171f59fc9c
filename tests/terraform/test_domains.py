"""What is known of a domain → where it stands, which records are to be set, what comes next."""

import json
from dataclasses import replace
from typing import Any

import pytest

from homeport.terraform.domains import DomainState, Made, read_made, render_issued, with_record

RECORD = {"name": "_1.shop.example.", "type": "CNAME", "value": "_2.acm-validations.aws."}
TARGET = "d-1.execute-api.eu-west-1.amazonaws.com"
ELSEWHERE = Made("arn:1", RECORD)
IN_ROUTE_53 = Made("arn:1", RECORD, zone_id="Z1")


def state(made: Made | None = ELSEWHERE, certificate: str = "ISSUED", **more: Any) -> DomainState:
    return DomainState("shop.example", "web", made, certificate, **more)


def test_outputs_of_foundation_are_read() -> None:
    found = {"certificate_arn": "arn:1", "record": RECORD, "zone_id": None, "target": None}
    outputs = {"domains": {"a.example": found, "b.example": {**found, "zone_id": "Z1", "target": TARGET}}}
    assert read_made(outputs) == {"a.example": ELSEWHERE, "b.example": replace(IN_ROUTE_53, target=TARGET)}
    assert read_made({}) == {}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (state(None, ""), "homeport apply prod asks for its certificate"),
        (
            state(certificate="PENDING_VALIDATION"),
            "set the CNAME record _1.shop.example; when ACM has seen it: homeport",
        ),
        (state(IN_ROUTE_53, "PENDING_VALIDATION"), "nothing: the record is in Route 53"),
        (state(certificate="VALIDATION_TIMED_OUT"), "homeport apply prod asks for its certificate"),
        (state(certificate="FAILED"), "ACM refuses this name"),
        (state(), "homeport apply prod"),
        (state(replace(ELSEWHERE, target=TARGET)), f"to switch: point shop.example to {TARGET}"),
        (
            state(replace(IN_ROUTE_53, target=TARGET), taken_by="CNAME x.herokudns.com"),
            "to switch: delete its record in Route 53 (CNAME x.herokudns.com), then homeport apply prod",
        ),
        (state(replace(IN_ROUTE_53, target=TARGET)), "homeport apply prod"),
    ],
)
def test_the_next_step_is_told_in_each_state(of: DomainState, expected: str) -> None:
    assert of.next_step("prod").startswith(expected)


def test_what_is_switched_needs_nothing() -> None:
    assert state(replace(ELSEWHERE, target=TARGET), is_switched=True).next_step("prod") == ""


def test_records_are_told_as_far_as_they_are_known_and_are_not_terraforms() -> None:
    validation, *own = state(replace(ELSEWHERE, target=TARGET)).records
    assert (validation.name, validation.type, validation.value) == (
        "_1.shop.example",
        "CNAME",
        "_2.acm-validations.aws",
    )
    assert [(record.name, record.value) for record in own] == [("shop.example", TARGET)]
    assert len(state().records) == 1
    assert state(IN_ROUTE_53).records == state(None, "").records == ()


def test_terraform_is_told_of_issued_certificates_only_and_a_name_that_answers_is_never_taken_away() -> None:
    states = [
        DomainState("waits.example", "", ELSEWHERE, "PENDING_VALIDATION"),
        DomainState("late.example", "", ELSEWHERE, "VALIDATION_TIMED_OUT"),
        DomainState("deleted.example", "", ELSEWHERE, ""),
        DomainState("issued.example", "", ELSEWHERE, "ISSUED"),
        DomainState("expired.example", "", replace(ELSEWHERE, target=TARGET), "EXPIRED"),
        DomainState("used.example", "", IN_ROUTE_53, "ISSUED", taken_by="A 1.2.3.4"),
    ]
    expected = {"issued.example": True, "expired.example": True, "used.example": False}
    assert json.loads(render_issued(states)) == {"issued": expected}


def record_set(type_: str, value: str, name: str = "shop.example.") -> dict[str, Any]:
    if type_ == "alias":
        return {"Name": name, "Type": "A", "AliasTarget": {"DNSName": f"{value}."}}
    return {"Name": name, "Type": type_, "ResourceRecords": [{"Value": value}]}


@pytest.mark.parametrize(
    ("record_sets", "taken_by", "is_switched"),
    [
        ([], "", False),
        ([record_set("TXT", "x"), record_set("A", "1.2.3.4", "a.shop.example.")], "", False),
        ([record_set("CNAME", "x.herokudns.com")], "CNAME x.herokudns.com", False),
        ([record_set("A", "1.2.3.4")], "A 1.2.3.4", False),
        ([record_set("alias", TARGET)], "", True),
        ([record_set("alias", "other.example")], "A other.example", False),
    ],
)
def test_another_record_with_the_name_is_seen(
    record_sets: list[dict[str, Any]], taken_by: str, is_switched: bool
) -> None:
    found = with_record(state(replace(IN_ROUTE_53, target=TARGET)), record_sets)
    assert (found.taken_by, found.is_switched) == (taken_by, is_switched)


def test_a_wildcard_is_written_otherwise_in_route_53() -> None:
    wildcard = DomainState("*.shop.example", "", IN_ROUTE_53, "ISSUED")
    assert (
        with_record(wildcard, [record_set("CNAME", "x.example", "\\052.shop.example.")]).taken_by == "CNAME x.example"
    )
