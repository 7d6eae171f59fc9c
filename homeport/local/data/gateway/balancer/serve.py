"""Sends a listener's requests to healthy targets, and says why when it cannot."""

import math
import random
import time
from collections.abc import Mapping
from typing import Any

from homeport.local.data.gateway.balancer.answers import fixed_response, redirect, refuse
from homeport.local.data.gateway.balancer.rules import Listener, Weighted
from homeport.local.data.http.client import Address, Broken, Outgoing, Pool, Unreachable
from homeport.local.data.http.message import Headers, Request, Response, find
from homeport.local.data.targets import Target, Targets

_SET_HERE = frozenset({"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id"})
LEAST_OUTSTANDING = "least_outstanding_requests"


class Balancer:
    """Every listener of every load balancer. `listeners` and `algorithms` are replaced when the world changes."""

    def __init__(self, targets: Targets, pool: Pool) -> None:
        self._targets, self._pool = targets, pool
        self._turns: dict[str, int] = {}
        self._outstanding: dict[Target, int] = {}
        self.listeners: Mapping[str, Listener] = {}
        self.algorithms: Mapping[str, str] = {}  # target group ARN → load_balancing.algorithm.type

    async def answer(
        self, listener_arn: str, request: Request, *, port: int = 0, seconds: float = math.inf
    ) -> Response:
        """Answer as the listener would; `port` is the socket's when the request came through one.

        Raises TimeoutError when the target has not answered in `seconds` and the listener itself would still wait.
        """
        listener = self.listeners.get(listener_arn)
        if listener is None:
            return refuse(503)
        action = listener.action_for(request)
        port = port or listener.port
        if action.fixed is not None:
            return fixed_response(action.fixed)
        if action.redirect is not None:
            return redirect(action.redirect, request, listener.protocol, port)
        headers = forwarded_headers(request, listener.protocol, port)
        outgoing = Outgoing(request.method, request.target, headers, request.body)
        try:
            return await self._forward(_choose(action.forward), outgoing, min(seconds, listener.idle_seconds))
        except TimeoutError:
            if seconds < listener.idle_seconds:
                raise
            return refuse(504)

    async def _forward(self, group_arn: str | None, outgoing: Outgoing, seconds: float) -> Response:
        targets = self._targets.healthy(group_arn) if group_arn else ()
        if not targets:
            return refuse(503)
        for target in self._in_turn(group_arn or "", targets):
            try:
                return await self._send(target, outgoing, seconds)
            except Unreachable:
                continue  # nothing was sent: the next target may have it
            except Broken:
                break
        return refuse(502)

    async def _send(self, target: Target, outgoing: Outgoing, seconds: float) -> Response:
        count = self._outstanding
        count[target] = count.get(target, 0) + 1
        try:
            return await self._pool.exchange(Address(target.host, target.port), outgoing, seconds)
        finally:
            count[target] -= 1
            if not count[target]:
                del count[target]

    def _in_turn(self, group_arn: str, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """Targets in the order to try them."""
        if len(targets) == 1:
            return targets
        turn = self._turns.get(group_arn, 0) % len(targets)
        self._turns[group_arn] = turn + 1
        turned = targets[turn:] + targets[:turn]
        if self.algorithms.get(group_arn) == LEAST_OUTSTANDING:
            return tuple(sorted(turned, key=lambda target: self._outstanding.get(target, 0)))
        return turned


def forwarded_headers(request: Request, protocol: str, port: int) -> Headers:
    """What a target gets: the client's headers, X-Forwarded-* and the trace id.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html: the client's address
    is appended, protocol and port are this listener's, whatever the client said.
    """
    received = request.headers
    headers = [pair for pair in received if pair[0] not in _SET_HERE and not is_disguised(pair[0])]
    before = ", ".join(value for name, value in received if name == "x-forwarded-for")
    headers.append(("x-forwarded-for", f"{before}, {request.peer}" if before else request.peer))
    headers.append(("x-forwarded-proto", protocol))
    headers.append(("x-forwarded-port", str(port)))
    headers.append(("x-amzn-trace-id", trace_id(find(received, "x-amzn-trace-id"))))
    return headers


def is_disguised(name: str) -> bool:
    """Whether WSGI would read this header, spelt with underscores, as one that only a gateway may set."""
    if "_" not in name:
        return False
    plain = name.replace("_", "-")
    gateway = ("x-forwarded-", "x-amzn-", "content-", "x-real-")
    return plain.startswith(gateway) or plain in {"forwarded", "host", "via", "transfer-encoding", "authorization"}


def trace_id(received: str) -> str:
    """A new trace, or the received one with this hop's own id in front."""
    own = f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"
    if "Root=" not in received:
        return f"Root={own}" if not received else f"Root={own};{received}"
    kept = ";".join(part for part in received.split(";") if not part.startswith("Self="))
    return f"Self={own};{kept}"


def _choose(groups: tuple[Weighted, ...]) -> str | None:
    if len(groups) == 1:
        return groups[0].group_arn
    total = sum(group.weight for group in groups)
    if not total:
        return None
    point = random.randrange(total)
    for group in groups:
        point -= group.weight
        if point < 0:
            return group.group_arn
    return None


def idle_seconds(load_balancer: Mapping[str, Any] | None) -> float:
    """The load balancer's idle timeout, 60 s unless declared."""
    attributes = (load_balancer or {}).get("Attributes") or {}
    if isinstance(attributes, list):
        attributes = {item["Key"]: item["Value"] for item in attributes}
    return float(attributes.get("idle_timeout.timeout_seconds") or 60)
