"""What is in the local account: Terraform's state as the account keeps it, and what the data plane says is live."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from homeport.local.account import NO_TLS, control_url, find_url, not_running
from homeport.local.home import Home


@dataclass(frozen=True)
class StackState:
    """One stack's state file: its outputs, and `(address, type)` of each managed resource."""

    outputs: dict[str, Any]
    resources: tuple[tuple[str, str], ...]


EMPTY = StackState({}, ())


def read_stack_state(s3: Any, bucket: str, key: str) -> StackState:
    """The stack's state, or EMPTY if it was never applied."""
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return EMPTY
    state = json.loads(body)
    managed = (resource for resource in state.get("resources", ()) if resource["mode"] == "managed")
    return StackState(
        {name: output["value"] for name, output in state.get("outputs", {}).items()},
        tuple(sorted((_address(resource), resource["type"]) for resource in managed for _ in resource["instances"])),
    )


def read_live(home: Home) -> list[dict[str, Any]]:
    """What the data plane says is live: `arn`, `type`, `name`, `live`, `address`, `detail` of each thing."""
    url = find_url(home, "data")
    if url is None:
        raise not_running(home)
    live: list[dict[str, Any]] = _read(home, f"{url}/_homeport/live")
    return live


def read_problem(home: Home) -> str | None:
    """Why the control plane cannot save the account's state; None if it can."""
    problem: str | None = _read(home, f"{control_url(home)}/_homeport/saved")["problem"]
    return problem


def _read(home: Home, url: str) -> Any:
    headers = {"Authorization": f"Bearer {home.token.read_text().strip()}"}
    answer = httpx.get(url, headers=headers, timeout=10, trust_env=False, verify=NO_TLS)
    return answer.raise_for_status().json()


def _address(resource: dict[str, Any]) -> str:
    own = f"{resource['type']}.{resource['name']}"
    return f"{resource['module']}.{own}" if "module" in resource else own
