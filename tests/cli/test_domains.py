"""`homeport domains`, and what `apply` does about certificates: asks, tells, waits for Route 53 alone."""

import io
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from rich.console import Console

from homeport.cli.board import Board
from homeport.cli.domains import (
    _with_certificates,
    _with_other_records,
    as_document,
    find_targets,
    print_domains,
    wait_for_certificates,
)
from homeport.system.dns import Answer
from homeport.terraform.domains import DomainState, Made

RECORD = {"name": "_1.shop.example.", "type": "CNAME", "value": "_2.acm-validations.aws."}
TARGET = "d-1.execute-api.eu-west-1.amazonaws.com"
WAITS = DomainState("new.example", "shop", Made("arn:aws:acm:::certificate/1", RECORD), "PENDING_VALIDATION")
ANSWERS = DomainState("shop.example", "shop", Made("arn:aws:acm:::certificate/2", RECORD, target=TARGET), "ISSUED")
IN_ROUTE_53 = DomainState(
    "api.example", "", Made("arn:aws:acm:::certificate/3", RECORD, zone_id="Z1"), "PENDING_VALIDATION"
)
ISSUED = DomainState("api.example", "", Made("arn:aws:acm:::certificate/3", RECORD, zone_id="Z1"), "ISSUED")


def client(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def waited(*answers: list[DomainState]) -> tuple[bool, list[float], str]:
    """Whether another apply is wanted, the waits, and what was told; the last answer stays."""
    left, waits, told = list(answers), [], io.StringIO()
    with Board(Console(file=told, width=200)) as board:
        again = wait_for_certificates(
            object(),  # type: ignore[arg-type]
            board,
            read=lambda _: left.pop(0) if len(left) > 1 else left[0],
            sleep=waits.append,
        )
    return again, waits, told.getvalue()


def test_nobody_waits_for_dns_that_somebody_has_to_set() -> None:
    assert waited([WAITS, ANSWERS]) == (False, [], "")


def test_a_certificate_whose_record_is_in_route_53_is_waited_for_and_applied() -> None:
    again, waits, told = waited([IN_ROUTE_53, WAITS], [IN_ROUTE_53, WAITS], [ISSUED, WAITS])
    assert again and len(waits) == 2 and "certificates" in told


def test_the_wait_ends_and_what_is_not_issued_waits_for_another_apply() -> None:
    again, waits, told = waited([IN_ROUTE_53])
    assert not again and sum(waits) == 300 and "not yet issued: api.example" in told


def test_what_acm_and_route_53_say_is_read() -> None:
    acm, route53 = client("acm"), client("route53")
    with Stubber(acm) as stub:
        stub.add_response(
            "describe_certificate",
            {"Certificate": {"Status": "ISSUED"}},
            {"CertificateArn": "arn:aws:acm:::certificate/3"},
        )
        stub.add_client_error("describe_certificate", "ResourceNotFoundException")
        found = _with_certificates([IN_ROUTE_53, WAITS, DomainState("later.example", "")], acm)
    assert [state.certificate for state in found] == ["ISSUED", "", ""]
    old = {"Name": "api.example.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "x.herokudns.com"}]}
    with Stubber(route53) as stub:
        answer = {"ResourceRecordSets": [old], "IsTruncated": False, "MaxItems": "10"}
        asked = {"HostedZoneId": "Z1", "StartRecordName": "api.example", "MaxItems": "10"}
        stub.add_response("list_resource_record_sets", answer, asked)
        taken = _with_other_records(found, route53)
    assert [state.taken_by for state in taken] == ["CNAME x.herokudns.com", "", ""]


def test_where_names_lead_is_looked_up_and_nobody_is_asked_on_this_machine() -> None:
    answers = {
        "new.example": Answer("x.herokudns.com", frozenset({"1.1.1.1"})),
        "shop.example": Answer(TARGET, frozenset()),
    }
    wildcard = DomainState("*.example", "shop")
    found = find_targets([WAITS, ANSWERS, wildcard], "prod", answers.get)
    assert [(state.points_to, state.is_switched) for state in found] == [
        ("x.herokudns.com", False),
        (TARGET, True),
        ("", False),
    ]

    def nobody(name: str) -> Answer | None:
        raise AssertionError(f"DNS was asked for {name}")

    assert find_targets([WAITS, ANSWERS], "local", nobody) == [WAITS, ANSWERS]


def test_the_table_says_what_to_set(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    print_domains([WAITS, ANSWERS, IN_ROUTE_53], "prod")
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("new.example") and "waits for DNS" in line for line in lines)
    assert any(line.split()[:3] == ["_1.shop.example", "CNAME", "_2.acm-validations.aws"] for line in lines)
    assert any(line.split()[:3] == ["shop.example", "CNAME", TARGET] for line in lines)
    assert sum(line.startswith("_1.shop.example") for line in lines) == 1  # not of what is issued, or in Route 53


def test_json_has_names_records_and_states() -> None:
    document = as_document([WAITS, ANSWERS], "prod")
    first, second = document["domains"]
    assert (first["name"], first["service"], first["certificate"]) == ("new.example", "shop", "PENDING_VALIDATION")
    assert first["records"] == [{"name": "_1.shop.example", "type": "CNAME", "value": "_2.acm-validations.aws"}]
    assert second["target"] == TARGET and second["next"].startswith("to switch")
