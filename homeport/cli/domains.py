"""`homeport domains`: where each domain of an environment stands, and what is to be set in DNS.

An apply never waits for DNS that somebody else has to set. Before it plans `foundation`, it asks ACM which certificates
are issued by now, and tells Terraform; at its end it says what is still to be done.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from homeport.cli.board import Board
from homeport.cli.output import print_table
from homeport.cli.workspace import Workspace, open_workspace
from homeport.errors import HomeportError
from homeport.model.domains import domains_of
from homeport.system.dns import Answer, find_answer
from homeport.system.files import replace_file
from homeport.terraform import run
from homeport.terraform.domains import (
    ISSUED_FILE,
    DomainState,
    declared_domains,
    is_asked,
    read_made,
    render_issued,
    with_record,
)
from homeport.terraform.roots import LOCAL

THREADS = 16
ISSUE_SECONDS, POLL_SECONDS = 300.0, 10.0  # what ACM needs once the record is there: a minute or two, mostly
CERTIFICATES = {
    "": "not asked for",
    "PENDING_VALIDATION": "waits for DNS",
    "VALIDATION_TIMED_OUT": "timed out",
}
TOP_OF_ZONE = "the top of a zone (example.com itself) takes no CNAME: use ALIAS, ANAME or what your DNS calls it"
Lookup = Callable[[str], Answer | None]


@click.command()
@click.argument("environment")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def domains(file: Path, environment: str, as_json: bool) -> None:
    """Show domains of ENVIRONMENT: certificates, the DNS records to set, and where the names lead now.

    Changes nothing. When a certificate is issued, `homeport apply` makes its domain answer.
    """
    workspace = open_workspace(file, environment)
    run.init(workspace.tool, workspace.stacks[0], lambda _: None)
    states = find_targets(read_domains(workspace), environment)
    if as_json:
        click.echo(json.dumps(as_document(states, environment), indent=2))
    elif states:
        print_domains(states, environment)
    else:
        click.echo("no domains are declared: services.NAME.domains, api.domains", err=True)


def read_domains(workspace: Workspace) -> list[DomainState]:
    """Every declared domain, with what ACM and Route 53 say of it. The stack `foundation` must be initialised.

    Raises HomeportError if they do not answer.
    """
    if not domains_of(workspace.place.platform):
        return []
    made = read_made(run.read_outputs(workspace.tool, workspace.stacks[0]))
    states = declared_domains(workspace.place, made)
    if not made:
        return states
    try:
        states = _with_certificates(states, workspace.client("acm"))
        if any(state.made and state.made.zone_id for state in states):
            states = _with_other_records(states, workspace.client("route53"))
    except (BotoCoreError, ClientError) as error:
        raise HomeportError(
            f"{workspace.place.name}: the state of its domains cannot be read: {error}",
            "the role homeport-apply needs acm:DescribeCertificate and route53:ListResourceRecordSets",
        ) from error
    return states


def write_issued(workspace: Workspace) -> None:
    """Tell Terraform which certificates are issued by now. On this machine all are, at once."""
    file = workspace.stacks[0].folder / ISSUED_FILE
    if workspace.place.name == LOCAL or not domains_of(workspace.place.platform):
        file.unlink(missing_ok=True)
    else:
        replace_file(file, render_issued(read_domains(workspace)).encode())


def wait_for_certificates(
    workspace: Workspace,
    board: Board,
    *,
    read: Callable[[Workspace], list[DomainState]] = read_domains,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait, for minutes at the most, for certificates whose records an apply has just made in Route 53.

    True if there is a domain that another apply would make answer.
    """
    states, waited, step = read(workspace), 0.0, None
    while (waiting := [state.name for state in states if _is_issued_soon(state)]) and waited < ISSUE_SECONDS:
        step = step or board.step("certificates")
        step.update(f"waiting for {', '.join(waiting)}")
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS
        states = read(workspace)
    if step:
        step.skipped(f"not yet issued: {', '.join(waiting)}") if waiting else step.done("issued")
    return any(state.is_issued and not state.target for state in states)


def find_targets(states: Sequence[DomainState], environment: str, lookup: Lookup = find_answer) -> list[DomainState]:
    """The domains with where DNS leads today; nobody is asked for names on this machine."""
    if environment == LOCAL or not states:
        return list(states)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda state: _looked_up(state, lookup), states))


def print_domains(states: Sequence[DomainState], environment: str) -> None:
    """A table of where each stands, and one of the records to set."""
    rows = [
        (
            state.name,
            state.service or "shared API",
            CERTIFICATES.get(state.certificate, state.certificate.lower()),
            "here" if state.is_switched else state.points_to or "-",
            "" if environment == LOCAL else state.next_step(environment),
        )
        for state in states
    ]
    print_table(("domain", "leads to", "certificate", "DNS now", "next"), rows)
    records = [] if environment == LOCAL else [record for state in states for record in _unset(state)]
    if records:
        click.echo()
        title = "DNS records to set; those of certificates stay for ever"
        print_table(("name", "type", "value"), [(r.name, r.type, r.value) for r in records], title)
        click.echo(f"\n{TOP_OF_ZONE}")


def as_document(states: Iterable[DomainState], environment: str) -> dict[str, Any]:
    """What --json prints."""
    return {
        "environment": environment,
        "domains": [
            {
                "name": state.name,
                "service": state.service or None,
                "certificate": state.certificate or None,
                "certificate_arn": state.made.certificate_arn if state.made else None,
                "zone_id": (state.made.zone_id if state.made else "") or None,
                "records": [asdict(record) for record in state.records],
                "target": state.target or None,
                "points_to": state.points_to or None,
                "is_switched": state.is_switched,
                "next": "" if environment == LOCAL else state.next_step(environment),
            }
            for state in states
        ],
    }


def _with_certificates(states: Iterable[DomainState], acm: Any) -> list[DomainState]:
    return [
        replace(state, certificate=_status(acm, state.made.certificate_arn)) if state.made else state
        for state in states
    ]


def _status(acm: Any, arn: str) -> str:
    try:
        return str(acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"])
    except acm.exceptions.ResourceNotFoundException:
        return ""  # somebody has deleted it; the next apply asks for another


def _with_other_records(states: Iterable[DomainState], route53: Any) -> list[DomainState]:
    found = []
    for state in states:
        if state.made and state.made.zone_id and state.is_issued:
            answer = route53.list_resource_record_sets(
                HostedZoneId=state.made.zone_id, StartRecordName=state.name, MaxItems="10"
            )
            state = with_record(state, answer["ResourceRecordSets"])
        found.append(state)
    return found


def _is_issued_soon(state: DomainState) -> bool:
    return bool(state.made and state.made.zone_id) and state.certificate == "PENDING_VALIDATION"


def _looked_up(state: DomainState, lookup: Lookup) -> DomainState:
    answer = lookup(state.name) if is_asked(state) else None
    if answer is None:
        return state
    there = bool(state.target) and answer.is_at(lookup(state.target), state.target)
    aliased = answer.canonical if answer.canonical != state.name else ", ".join(sorted(answer.addresses))
    return replace(state, points_to=aliased, is_switched=state.is_switched or there)


def _unset(state: DomainState) -> list[Any]:
    """Records still to be set: the validation record until it was seen, the name's own until it is switched."""
    validation, *own = state.records or (None,)
    wanted = [] if state.is_issued or validation is None else [validation]
    return wanted + ([] if state.is_switched else own)
