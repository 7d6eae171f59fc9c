"""The part of the data plane that serves HTTP APIs and load balancer listeners."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from homeport.local.data.context import Context, Invoke, Live, Resource, World
from homeport.local.data.gateway.api import answers as api_answers
from homeport.local.data.gateway.api.declared import Api, compile_api
from homeport.local.data.gateway.api.domains import Domains, compile_domains, find_mapped, mappings_of
from homeport.local.data.gateway.api.integrations import Integrations
from homeport.local.data.gateway.api.issuers import Issuers
from homeport.local.data.gateway.api.serve import HEAD_BYTES_MAX, ServedApi
from homeport.local.data.gateway.api.tokens import Tokens
from homeport.local.data.gateway.balancer import answers as balancer_answers
from homeport.local.data.gateway.balancer.rules import Listener, compile_listener, listener_of
from homeport.local.data.gateway.balancer.serve import Balancer, idle_seconds
from homeport.local.data.gateway.sockets import Sockets, Wanted
from homeport.local.data.http.client import Pool
from homeport.local.data.http.message import BadMessage, Request, Response
from homeport.local.data.http.server import App, Limits
from homeport.local.data.targets import Targets

API_LIMITS = Limits(head_bytes=HEAD_BYTES_MAX, head_seconds=10, body_seconds=30, idle_seconds=75)
LISTENER_LIMITS = Limits(head_bytes=64 * 1024, oversize=400, head_seconds=10, body_seconds=60, idle_seconds=60)
ALGORITHM = "load_balancing.algorithm.type"
_log = logging.getLogger(__name__)


class Gateway:
    """One socket per HTTP API and per load balancer listener, and what is behind them."""

    def __init__(
        self,
        context: Context,
        targets: Targets,
        invoke: Invoke,
        *,
        api_limits: Limits = API_LIMITS,
        listener_limits: Limits = LISTENER_LIMITS,
    ) -> None:
        self._context = context
        self._limits = (api_limits, listener_limits)
        self._pool = Pool()
        self._balancer = Balancer(targets, self._pool)
        self._integrations = Integrations(self._balancer, self._pool, invoke)
        self._tokens, self._issuers = Tokens(), Issuers(self._pool)
        self._apis: dict[str, tuple[Any, ServedApi]] = {}  # ARN → what it was compiled from, what serves it
        self._domains: Domains = {}
        self._sockets = Sockets()

    async def reconcile(self, world: World) -> None:
        self._balancer.listeners = _listeners(world)
        self._balancer.algorithms = {
            arn: _attributes(group.state).get(ALGORITHM, "") for arn, group in world.of("elbv2:target-group").items()
        }
        self._domains = _domains(world)
        wanted = self._wanted_apis(world) | self._wanted_listeners(world)
        await self._sockets.reconcile(wanted)

    async def stop(self) -> None:
        await self._sockets.stop()
        self._pool.close()

    def live(self) -> list[Live]:
        return self._sockets.live()

    def port(self, arn: str) -> int:
        """The port on which an API or a listener really listens."""
        return self._sockets.port(arn)

    def _wanted_apis(self, world: World) -> dict[str, Wanted]:
        pools = {str(pool.state.get("Issuer")): pool for pool in world.of("cognito-idp:user-pool").values()}
        declared = world.of("apigatewayv2:api")
        self._apis = {arn: served for arn, served in self._apis.items() if arn in declared}
        wanted = {}
        for arn, resource in declared.items():
            port = resource.state.get("LocalPort")
            served = self._served(arn, resource, pools)
            if served and port is not None:
                name = str(resource.state.get("Name") or served.api.id)
                count = f"{len(served.api.route_of)} routes"
                wanted[arn] = Wanted(
                    resource.type, name, int(port), self._door(served), api_answers.refuse, self._limits[0], count
                )
        return wanted

    def _door(self, own: ServedApi) -> App:
        """An API's socket: a custom domain leads where it is mapped to, every other host to the API itself."""

        async def answer(request: Request) -> Response:
            mappings = mappings_of(self._domains, request.header("host"))
            if mappings is None:
                return await own.answer(request)
            try:
                mapped = find_mapped(mappings, request.path)
            except BadMessage as error:
                return api_answers.refuse(error.status)
            served = next((api for _, api in self._apis.values() if mapped and api.api.id == mapped.api_id), None)
            return await served.answer(request, mapped) if served else api_answers.refuse(404)

        return answer

    def _served(self, arn: str, resource: Resource, pools: Mapping[str, Resource]) -> ServedApi | None:
        """What serves an API: compiled anew only when its declaration, or the keys of a pool, have changed."""
        source = (resource.state, {issuer: pool.state.get("Jwks") for issuer, pool in pools.items()})
        known = self._apis.get(arn)
        if known and known[0] == source:
            return known[1]
        try:
            api: Api = compile_api(resource, pools)
        except (KeyError, ValueError, TypeError, AttributeError):
            _log.exception("API %s is declared in a way that is not understood; it stays as it was", arn)
            return known[1] if known else None
        served = known[1] if known else None
        if served:
            served.api = api
        else:
            served = ServedApi(api, self._integrations, self._tokens, self._issuers, self._context.log)
        self._apis[arn] = (source, served)
        return served

    def _wanted_listeners(self, world: World) -> dict[str, Wanted]:
        wanted = {}
        for arn, resource in world.of("elbv2:listener").items():
            port = resource.state.get("LocalPort")
            if port is not None and arn in self._balancer.listeners:
                name = f"{arn.split('/')[-3] if arn.count('/') >= 3 else arn}:{resource.state.get('Port', '')}"
                app = _Socket(self._balancer, arn).answer
                wanted[arn] = Wanted(resource.type, name, int(port), app, balancer_answers.refuse, self._limits[1])
        return wanted


class _Socket:
    """A listener reached through its own socket."""

    def __init__(self, balancer: Balancer, listener_arn: str) -> None:
        self.answer = partial(self._answer, balancer, listener_arn)

    @staticmethod
    async def _answer(balancer: Balancer, listener_arn: str, request: Request) -> Response:
        return await balancer.answer(listener_arn, request, port=request.port)


def _listeners(world: World) -> dict[str, Listener]:
    rules: dict[str, list[Mapping[str, Any]]] = {}
    for arn, rule in world.of("elbv2:rule").items():
        rules.setdefault(rule.state.get("ListenerArn") or listener_of(arn), []).append(rule.state)
    balancers = world.of("elbv2:load-balancer")
    listeners = {}
    for arn, resource in world.of("elbv2:listener").items():
        balancer = balancers.get(str(resource.state.get("LoadBalancerArn")))
        seconds = idle_seconds(balancer.state if balancer else None)
        try:
            listeners[arn] = compile_listener({"ListenerArn": arn, **resource.state}, rules.get(arn, ()), seconds)
        except (KeyError, ValueError, TypeError, AttributeError):
            _log.exception("listener %s is declared in a way that is not understood", arn)
    return listeners


def _domains(world: World) -> Domains:
    try:
        return compile_domains(world.of("apigatewayv2:domain-name").values())
    except (KeyError, ValueError, TypeError, AttributeError):
        _log.exception("domains are declared in a way that is not understood; none is served")
        return {}


def _attributes(state: Mapping[str, Any]) -> Mapping[str, str]:
    attributes = state.get("Attributes") or {}
    if isinstance(attributes, list):
        return {item["Key"]: item["Value"] for item in attributes}
    return attributes
