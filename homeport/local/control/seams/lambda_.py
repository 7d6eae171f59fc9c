"""Lambda: code goes to files, invocations to the data plane, which has the processes; asynchronous ones are queued."""

import base64
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from homeport.local.account import NO_TLS
from homeport.local.control import turn
from homeport.local.control.deliveries import LAMBDA_RETRY_SECONDS, Delivery
from homeport.local.control.seams.replace import replace
from homeport.local.home import Home

log = logging.getLogger(__name__)
INVOKE_TIMEOUT_SECONDS = 15 * 60 + 30  # Lambda's longest
Deliver = Callable[[Delivery], None]


def apply(home: Home, deliver: Deliver) -> None:
    _store_code(home.code)
    _invoke(home, deliver)
    _keep_qualifiers()


def delivery_to(function_arn: str, payload: bytes) -> Delivery:
    """An asynchronous invocation, with the retries and the destination for failures that the function has."""
    delays: tuple[float, ...] = LAMBDA_RETRY_SECONDS
    dead_letter: str | None = None
    for config in _invoke_configs(function_arn):
        delays = delays[: config.get("MaximumRetryAttempts", len(delays))]
        dead_letter = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") or dead_letter
    return Delivery("lambda", function_arn, payload, delays=delays, dead_letter=dead_letter)


def _store_code(folder: Path) -> None:
    from moto.awslambda.models import LambdaFunction

    @replace(LambdaFunction, "_set_function_code")
    def set_code(original: Any, function: Any, spec: dict[str, Any]) -> None:
        original(function, spec)
        code = function.__dict__.get("code_bytes")
        if not code:
            return
        path = folder / f"{function.code_digest}.zip"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".new")
            draft.write_bytes(code)
            draft.replace(path)
        function.code_path = str(path)
        function.code_bytes = b""
        if "ZipFile" in function.code:
            function.code["ZipFile"] = ""  # moto's second copy


def _invoke(home: Home, deliver: Deliver) -> None:
    from moto.awslambda.models import LambdaBackend, LambdaFunction
    from moto.awslambda.responses import LambdaResponse

    @replace(LambdaFunction, "invoke")
    def from_aws(_: Any, function: Any, body: str, request_headers: Any, response_headers: Any) -> bytes:
        """moto's other services (log subscriptions, bucket notifications) invoke so: on AWS always asynchronously."""
        deliver(delivery_to(function.function_arn, _bytes(body)))
        return b""

    @replace(LambdaBackend, "invoke")
    def from_api(
        _: Any, backend: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> bytes:
        function = backend.get_function(function_name, qualifier or None)
        arn, qualifier = _unqualified(function.function_arn), qualifier or _qualifier_in(function_name)
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            deliver(delivery_to(f"{arn}:{qualifier}" if qualifier else arn, _bytes(body)))
            return b""
        log_tail = headers.get("X-Amz-Log-Type") == "Tail"
        answer = _ask(home, arn, qualifier, _bytes(body), log_tail)
        return _respond(answer, response_headers)

    @replace(LambdaResponse, "invoke")
    def read_qualifier(original: Any, response: Any) -> Any:
        """The API says `Qualifier`; moto looks for `qualifier`, and then even into the payload."""
        response.querystring["qualifier"] = response.querystring.get("Qualifier") or [""]
        return original(response)


def _ask(home: Home, arn: str, qualifier: str | None, payload: bytes, log_tail: bool) -> dict[str, Any]:
    request = {
        "functionArn": arn,
        "qualifier": qualifier,
        "payload": base64.b64encode(payload).decode(),
        "logTail": log_tail,
    }
    try:
        url = json.loads(home.data.read_text())["url"]
        token = home.token.read_text().strip()
        with turn.given_up():
            answer = httpx.post(
                f"{url}/_homeport/invoke",
                json=request,
                headers={"Authorization": f"Bearer {token}"},
                timeout=httpx.Timeout(INVOKE_TIMEOUT_SECONDS, connect=2.0),
                trust_env=False,
                verify=NO_TLS,
            )
            answer.raise_for_status()
            result: dict[str, Any] = answer.json()
            return result
    except (OSError, ValueError, KeyError, httpx.HTTPError) as error:
        raise _error(
            "ServiceException", f"The data plane, which runs functions, does not answer ({type(error).__name__})"
        ) from error


def _respond(answer: dict[str, Any], headers: dict[str, str]) -> bytes:
    if answer["statusCode"] == 429:
        raise _error("TooManyRequestsException", "Rate Exceeded.")
    headers["x-amz-executed-version"] = str(answer.get("executedVersion") or "$LATEST")
    if answer.get("functionError"):
        headers["x-amz-function-error"] = answer["functionError"]
    if answer.get("logResult"):
        headers["x-amz-log-result"] = answer["logResult"]
    return base64.b64decode(answer.get("payload") or "")


def _keep_qualifiers() -> None:
    """A mapping to an alias stays one to the alias; moto replaces it by the version it has now."""
    from moto.awslambda.models import LambdaBackend

    @replace(LambdaBackend, "create_event_source_mapping")
    def create(original: Any, backend: Any, spec: dict[str, Any]) -> Any:
        mapping = original(backend, spec)
        _qualify(mapping, spec)
        return mapping

    @replace(LambdaBackend, "update_event_source_mapping")
    def update(original: Any, backend: Any, uuid: str, spec: dict[str, Any]) -> Any:
        mapping = original(backend, uuid, spec)
        if mapping is not None and spec.get("FunctionName"):
            _qualify(mapping, spec)
        return mapping


def _qualify(mapping: Any, spec: dict[str, Any]) -> None:
    arn, qualifier = _unqualified(mapping.function_arn), _qualifier_in(spec["FunctionName"])
    mapping.function_arn = f"{arn}:{qualifier}" if qualifier else arn


def _invoke_configs(function_arn: str) -> list[dict[str, Any]]:
    from moto.awslambda.models import lambda_backends

    _, _, _, region, account, _, name, *_ = function_arn.split(":")
    try:
        function = lambda_backends[account][region].get_function(name)
    except Exception:  # deleted, or never there: the delivery will say so
        return []
    return [config.config for config in function.event_invoke_config]


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _qualifier_in(name: str) -> str | None:
    """The qualifier of `name:qualifier` or of a qualified ARN."""
    parts = name.split(":")
    if parts[0] == "arn":
        return parts[7] if len(parts) > 7 else None
    return parts[1] if len(parts) == 2 else None


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body or b"{}"
    return (body or "{}").encode()


def _error(code: str, message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    error: Exception = JsonRESTError(code, message)
    return error
