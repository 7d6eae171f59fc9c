"""Domains as declared, what Terraform made of them, what ACM and DNS say → where each stands, and what is to be done.

1. requested   an apply has asked ACM for a certificate; it waits for its validation record in DNS
2. issued      the record was found
3. answering   the next apply has made the name; it answers whoever asks it, and has a target
4. switched    the name's own record points to the target

No apply waits for DNS, so each step can be days after the one before; 2 and 4 happen in DNS, which is the user's unless
the zone is in Route 53 of the account.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeport.model.domains import WILDCARD, domains_of
from homeport.terraform.foundation import ISSUED
from homeport.terraform.roots import Place

ISSUED_FILE = f"{ISSUED}.auto.tfvars.json"
WAITING = ("PENDING_VALIDATION", "VALIDATION_TIMED_OUT", "FAILED")


@dataclass(frozen=True)
class Made:
    """What the stack `foundation` says of a domain."""

    certificate_arn: str
    record: Mapping[str, str]  # name, type and value of the record that gets the certificate issued
    zone_id: str = ""  # in Route 53 of the account; records are made there
    target: str = ""  # what the name's own record has to point to; empty until it answers


@dataclass(frozen=True)
class Record:
    """A DNS record that somebody has to set."""

    name: str
    type: str
    value: str


@dataclass(frozen=True)
class DomainState:
    """Where a domain stands. `points_to` is where DNS leads today; empty if nowhere, or if nobody looked."""

    name: str
    service: str  # empty for the shared API
    made: Made | None = None
    certificate: str = ""  # ACM's word: PENDING_VALIDATION, ISSUED, …
    taken_by: str = ""  # another record in Route 53 that has the name
    points_to: str = ""
    is_switched: bool = False

    @property
    def is_issued(self) -> bool:
        """Also if the certificate has expired or was revoked: a name that answers is not taken away for that."""
        return bool(self.certificate) and self.certificate not in WAITING

    @property
    def target(self) -> str:
        return self.made.target if self.made else ""

    @property
    def records(self) -> tuple[Record, ...]:
        """What is to be set in DNS by hand, as far as it is known: the validation record, and the name's own."""
        if self.made is None or self.made.zone_id:
            return ()
        validation = Record(*(self.made.record[key].removesuffix(".") for key in ("name", "type", "value")))
        return (validation, *([Record(self.name, "CNAME", self.target)] if self.target else []))

    def next_step(self, environment: str) -> str:
        """What a person does next; empty if all is done."""
        again = f"homeport apply {environment}"
        if self.made is None or self.certificate == "VALIDATION_TIMED_OUT":
            return f"{again} asks for its certificate"
        if self.certificate == "FAILED":
            return "ACM refuses this name (a CAA record?): look at the certificate in its console"
        if not self.is_issued and self.made.zone_id:
            return f"nothing: the record is in Route 53, and ACM looks within minutes; then {again}"
        if not self.is_issued:
            return f"set the {self.records[0].type} record {self.records[0].name}; when ACM has seen it: {again}"
        if not self.target:
            return again
        if self.is_switched:
            return ""
        if self.taken_by:
            return f"to switch: delete its record in Route 53 ({self.taken_by}), then {again}"
        return again if self.made.zone_id else f"to switch: point {self.name} to {self.target}"


def read_made(outputs: Mapping[str, Any]) -> dict[str, Made]:
    """By domain, of the outputs of `foundation`."""
    return {
        name: Made(made["certificate_arn"], made["record"], made["zone_id"] or "", made["target"] or "")
        for name, made in outputs.get("domains", {}).items()
    }


def declared_domains(place: Place, made: Mapping[str, Made]) -> list[DomainState]:
    """All domains of an environment, as far as Terraform knows them."""
    return [DomainState(name, service, made.get(name)) for name, service in domains_of(place.platform).items()]


def render_issued(states: Iterable[DomainState]) -> str:
    """The values of the variable `issued`: what Terraform may make of each domain."""
    found = {state.name: not state.taken_by for state in states if state.is_issued}
    return json.dumps({ISSUED: found}, indent=2, sort_keys=True) + "\n"


def with_record(state: DomainState, record_sets: Iterable[Mapping[str, Any]]) -> DomainState:
    """The domain, with what a zone of Route 53 says of its name: Terraform's own record, or another one."""
    found = next(filter(None, (_leads_to(one, state.name) for one in record_sets)), "")
    is_own = found == f"A {state.target}"
    return replace(state, taken_by="" if is_own else found, is_switched=is_own)


def _leads_to(record_set: Mapping[str, Any], name: str) -> str:
    """`CNAME shop.herokudns.com`; empty if it is a record of another name, or of no address."""
    named = str(record_set["Name"]).replace("\\052", "*").removesuffix(".")
    if named != name or record_set["Type"] not in ("A", "AAAA", "CNAME"):
        return ""
    values = [record["Value"] for record in record_set.get("ResourceRecords", ())]
    alias = str(record_set.get("AliasTarget", {}).get("DNSName", "")).removesuffix(".")
    return f"{record_set['Type']} {alias or ', '.join(values)}"


def is_asked(state: DomainState) -> bool:
    """Whether DNS can be asked for it: a wildcard is no name."""
    return not state.name.startswith(WILDCARD)
