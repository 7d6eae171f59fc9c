"""An API's declared state (GetApi, GetRoutes, … as the feed tells them) → what serves it, compiled once per change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from homeport.local.data.context import Resource
from homeport.local.data.gateway.api.access_log import AccessLog, compile_access_log
from homeport.local.data.gateway.api.cors import Cors, compile_cors
from homeport.local.data.gateway.api.mapping import Change, compile_changes, compile_response_changes
from homeport.local.data.gateway.api.routes import Routes, compile_routes
from homeport.local.data.gateway.api.throttle import Bucket, compile_bucket
from homeport.local.data.gateway.api.tokens import Authorizer, signing_keys

TIMEOUT_SECONDS_MAX = 30.0
DEFAULT_STAGE = "$default"
_LAMBDA_PATH = ":lambda:path/2015-03-31/functions/"


@dataclass(frozen=True)
class Integration:
    """One of three kinds: a listener behind a VPC link, a public URL, a function. The other two fields are None."""

    method: str
    timeout_seconds: float
    payload_version: str
    request_changes: tuple[Change, ...]
    response_changes: Mapping[int, tuple[Change, ...]]
    listener_arn: str | None = None
    url: SplitResult | None = None
    function: tuple[str, str | None] | None = None  # ARN without qualifier, qualifier


@dataclass(frozen=True)
class Route:
    key: str
    integration: Integration | None
    authorization: str  # NONE, JWT, AWS_IAM, CUSTOM
    authorizer: Authorizer | None
    scopes: tuple[str, ...]

    @property
    def admission(self) -> tuple[str, str | None, frozenset[str]]:
        """What it asks of a caller: equal for two routes that admit the same ones."""
        return self.authorization, self.authorizer.id if self.authorizer else None, frozenset(self.scopes)


@dataclass(frozen=True)
class Stage:
    name: str
    variables: Mapping[str, str]
    access_log: AccessLog | None
    bucket: Bucket | None
    buckets: Mapping[str, Bucket | None]  # by route key


@dataclass(frozen=True)
class Api:
    id: str
    account: str
    region: str
    routes: Routes
    route_of: Mapping[str, Route]
    stages: Mapping[str, Stage]
    cors: Cors | None
    disabled: bool


def compile_api(resource: Resource, pools: Mapping[str, Resource]) -> Api:
    """`pools` are the account's user pools by issuer: their keys sign the tokens that authorisers take."""
    state = resource.state
    integrations = {item["IntegrationId"]: _integration(item) for item in state.get("Integrations") or ()}
    authorizers = {
        item["AuthorizerId"]: _authorizer(item, pools)
        for item in state.get("Authorizers") or ()
        if item.get("AuthorizerType") == "JWT"
    }
    routes = [_route(item, integrations, authorizers) for item in state.get("Routes") or ()]
    return Api(
        id=state.get("ApiId") or resource.arn.rpartition("/")[2],
        account=resource.account,
        region=resource.region,
        routes=compile_routes(route.key for route in routes),
        route_of={route.key: route for route in routes},
        stages={item["StageName"]: _stage(item) for item in state.get("Stages") or ()},
        cors=compile_cors(state.get("CorsConfiguration")),
        disabled=bool(state.get("DisableExecuteApiEndpoint")),
    )


def _integration(item: Mapping[str, Any]) -> Integration:
    kind, uri = item.get("IntegrationType"), str(item.get("IntegrationUri") or "")
    timeout_ms = int(item.get("TimeoutInMillis") or 30_000)
    listener_arn = url = function = None
    if kind == "AWS_PROXY":
        function = split_function(uri)
    elif item.get("ConnectionType") == "VPC_LINK":
        listener_arn = uri
    elif kind == "HTTP_PROXY":
        url = urlsplit(uri)
    return Integration(
        method=item.get("IntegrationMethod") or "ANY",
        timeout_seconds=min(timeout_ms / 1000, TIMEOUT_SECONDS_MAX),
        payload_version=item.get("PayloadFormatVersion") or "1.0",
        request_changes=compile_changes(item.get("RequestParameters")),
        response_changes=compile_response_changes(item.get("ResponseParameters")),
        listener_arn=listener_arn,
        url=url,
        function=function,
    )


def split_function(uri: str) -> tuple[str, str | None] | None:
    """An integration's URI, either spelling → function ARN and qualifier; None when it names no function."""
    if _LAMBDA_PATH in uri:
        uri = uri.partition(_LAMBDA_PATH)[2].removesuffix("/invocations")
    parts = uri.split(":")
    if len(parts) not in (7, 8) or parts[2] != "lambda":
        return None
    return ":".join(parts[:7]), parts[7] if len(parts) == 8 else None


def _authorizer(item: Mapping[str, Any], pools: Mapping[str, Resource]) -> Authorizer:
    configuration = item.get("JwtConfiguration") or {}
    issuer = str(configuration.get("Issuer") or "")
    sources = item.get("IdentitySource") or ["$request.header.Authorization"]
    source = sources if isinstance(sources, str) else sources[0]
    place, _, name = source.removeprefix("$request.").partition(".")
    pool = pools.get(issuer)
    return Authorizer(
        id=item["AuthorizerId"],
        issuer=issuer,
        audiences=frozenset(configuration.get("Audience") or ()),
        source=(place, name.lower() if place == "header" else name),
        keys=signing_keys(pool.state.get("Jwks")) if pool else {},
        foreign=pool is None,
    )


def _route(
    item: Mapping[str, Any], integrations: Mapping[str, Integration], authorizers: Mapping[str, Authorizer]
) -> Route:
    target = str(item.get("Target") or "").removeprefix("integrations/")
    return Route(
        key=item["RouteKey"],
        integration=integrations.get(target),
        authorization=item.get("AuthorizationType") or "NONE",
        authorizer=authorizers.get(item.get("AuthorizerId") or ""),
        scopes=tuple(item.get("AuthorizationScopes") or ()),
    )


def _stage(item: Mapping[str, Any]) -> Stage:
    log = item.get("AccessLogSettings") or {}
    settings = item.get("RouteSettings") or {}
    return Stage(
        name=item["StageName"],
        variables=dict(item.get("StageVariables") or {}),
        access_log=compile_access_log(log.get("DestinationArn"), log.get("Format")),
        bucket=compile_bucket(item.get("DefaultRouteSettings")),
        buckets={key: compile_bucket(value) for key, value in settings.items()},
    )
