"""Serves one HTTP API: from a request to the answer that API Gateway would give."""

import logging
import time
from collections.abc import Callable
from functools import lru_cache

from homeport.local.data.gateway.api.answers import message, refuse
from homeport.local.data.gateway.api.call import Call, join_query
from homeport.local.data.gateway.api.cors import is_preflight, preflight, with_cors
from homeport.local.data.gateway.api.declared import DEFAULT_STAGE, Api, Route, Stage
from homeport.local.data.gateway.api.domains import Mapped
from homeport.local.data.gateway.api.integrations import Integrations
from homeport.local.data.gateway.api.issuers import Issuers
from homeport.local.data.gateway.api.routes import other_readings, split_path
from homeport.local.data.gateway.api.tokens import Authorizer, Refused, Tokens, check_scopes
from homeport.local.data.gateway.balancer.serve import trace_id
from homeport.local.data.http.message import BadMessage, Request, Response
from homeport.local.data.http.wire import Lost

Log = Callable[[str, str, str, str, str], None]  # account, region, group, stream, message
HEAD_BYTES_MAX = 10_240  # request line and headers together
_log = logging.getLogger(__name__)


class ServedApi:
    """An API behind its socket. `api` is replaced when its declaration changes; calls under way keep theirs."""

    def __init__(self, api: Api, integrations: Integrations, tokens: Tokens, issuers: Issuers, log: Log) -> None:
        self.api = api
        self._integrations, self._tokens, self._issuers, self._log = integrations, tokens, issuers, log

    async def answer(self, request: Request, mapped: Mapped | None = None) -> Response:
        """`mapped` if a custom domain led here, to one of the stages."""
        api = self.api
        call = Call(request, api.account, api.id)
        received = request.header("x-amzn-trace-id")
        call.trace_id = received if "Root=" in received else trace_id("")
        stage: Stage | None = None
        try:
            stage, segments = _mapped_stage(api, call, mapped) if mapped else _choose_stage(api, call)
            response = await self._answer(api, stage, segments, call)
        except Refused as refused:
            call.authorizer_error = str(refused)
            response = refuse(refused.status, [("www-authenticate", refused.challenge)])
        except BadMessage as error:
            response = refuse(error.status)
            response.close = error.status in (400, 413)
        except Lost:
            response = refuse(408)
            response.close = True
        except Exception:
            _log.exception("API %s has no answer to %s %s", api.id, request.method, call.route_key)
            response = refuse(500)
        self._finish(api, stage, call, response)
        return response

    async def _answer(self, api: Api, stage: Stage | None, segments: tuple[str, ...], call: Call) -> Response:
        if stage is None:
            return refuse(404)
        call.stage, call.stage_variables = stage.name, stage.variables
        if api.cors and is_preflight(call.request):
            return preflight(api.cors, call.request)
        found = api.routes.find(call.request.method, segments)
        if found is None:
            return refuse(404)
        call.route_key, call.path_parameters = found
        route = api.route_of[call.route_key]
        _check_readings(api, route, call.request.method, segments)
        bucket = stage.buckets.get(route.key) or stage.bucket
        if bucket and not bucket.take():
            return refuse(429)
        if route.authorization != "NONE":
            await self._authorize(route, call)
        if route.integration is None:
            call.integration_error = "the route has no integration"
            return refuse(500)
        return await self._integrations.answer(route.integration, call)

    async def _authorize(self, route: Route, call: Call) -> None:
        """Raises Refused. Kinds of authorisation that are not served here let nobody in."""
        if route.authorizer is None:
            raise Refused("this kind of authorisation is not served here", status=403, scopes=route.scopes)
        if route.authorizer.foreign:
            await self._issuers.find_keys(route.authorizer)
        call.claims = self._tokens.verify(route.authorizer, _identity(route.authorizer, call.request))
        check_scopes(call.claims, route.scopes)
        call.scopes = route.scopes

    def _finish(self, api: Api, stage: Stage | None, call: Call, response: Response) -> None:
        if api.cors and not (response.status == 204 and is_preflight(call.request)):
            response.headers = with_cors(api.cors, call.request.header("origin"), response.headers)
        response.headers.append(("apigw-requestid", call.id))
        if stage and stage.access_log:
            call.status = response.status
            call.response_length = len(response.body) if isinstance(response.body, bytes) else response.body.length or 0
            if response.status >= 400 and not call.integration_status:
                call.error = message(response.status)
            log = stage.access_log
            stream = f"{_day(int(call.started) // 86_400)}/{api.id}/{stage.name}"
            self._log(api.account, api.region, log.group, stream, log.line(call))


@lru_cache(maxsize=2)
def _day(number: int) -> str:
    return time.strftime("%Y/%m/%d", time.gmtime(number * 86_400))


def _choose_stage(api: Api, call: Call) -> tuple[Stage | None, tuple[str, ...]]:
    """The stage that the first segment names, else `$default`; and the segments of the path behind it."""
    if api.disabled:  # only custom domains lead here
        return None, ()
    segments = split_path(call.request.path)
    named = api.stages.get(segments[0])
    if named and named.name != DEFAULT_STAGE:
        call.stage_path = "/" + call.request.path[1:].partition("/")[0]
        return named, segments[1:] or ("",)
    return api.stages.get(DEFAULT_STAGE), segments


def _mapped_stage(api: Api, call: Call, mapped: Mapped) -> tuple[Stage | None, tuple[str, ...]]:
    """The stage of a domain's mapping, and the segments of the path behind its key."""
    segments = split_path(call.request.path)
    taken = call.request.path.split("/")[1 : len(mapped.key) + 1]  # as escaped as it came
    call.stage_path = "".join(f"/{segment}" for segment in taken)
    return api.stages.get(mapped.stage), segments[len(mapped.key) :] or ("",)


def _check_readings(api: Api, route: Route, method: str, segments: tuple[str, ...]) -> None:
    """Refuse a path that the service could read as one whose route admits other callers than the chosen one."""
    for reading in other_readings(segments):
        found = api.routes.find(method, reading)
        if found and api.route_of[found[0]].admission != route.admission:
            raise BadMessage("path of several readings, which differ in who is admitted")


def _identity(authorizer: Authorizer, request: Request) -> str:
    place, name = authorizer.source
    if place == "querystring":
        return join_query(request.query).get(name, "")
    values = [value for key, value in request.headers if key == name]
    return values[0] if len(values) == 1 else ""  # two tokens are none
