"""Lambda: all of a function's configuration, and what happens to its events.

Upstream drops LoggingConfig, of an update all but a few arguments, and the architecture that new code is for; of a
function's event invoke configs it shows the first for ever, whatever alias they are for.
"""

from typing import Any
from urllib.parse import unquote

from homeport.local.control.seams.replace import replace


def apply() -> None:
    _configuration()
    _architecture()
    _event_invoke_configs()


def _configuration() -> None:
    from moto.awslambda.models import LambdaFunction

    @replace(LambdaFunction, "__init__")
    def init(original: Any, function: Any, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        original(function, account_id, spec, *args, **kwargs)
        function.logging_config = _logging(function, spec.get("LoggingConfig"))
        function.dead_letter_config = spec.get("DeadLetterConfig")

    @replace(LambdaFunction, "get_configuration")
    def configuration(original: Any, function: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = original(function, *args, **kwargs)
        dead_letters = {"DeadLetterConfig": function.dead_letter_config} if function.dead_letter_config else {}
        return found | dead_letters | {"LoggingConfig": function.logging_config}

    @replace(LambdaFunction, "update_configuration")
    def update(original: Any, function: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
        original(function, config_updates)
        if "LoggingConfig" in config_updates:
            function.logging_config = _logging(function, config_updates["LoggingConfig"])
        if "EphemeralStorage" in config_updates:
            function.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        if "DeadLetterConfig" in config_updates:
            function.dead_letter_config = config_updates["DeadLetterConfig"] or None
        if "TracingConfig" in config_updates:
            function.tracing_config = config_updates["TracingConfig"]
        if "KMSKeyArn" in config_updates:
            function.kms_key_arn = config_updates["KMSKeyArn"]
        answer: dict[str, Any] = function.get_configuration()
        return answer


def _architecture() -> None:
    from moto.awslambda.models import LambdaFunction

    @replace(LambdaFunction, "update_function_code")
    def update(original: Any, function: Any, updated_spec: dict[str, Any]) -> Any:
        function.architectures = updated_spec.get("Architectures") or function.architectures
        return original(function, updated_spec)


def _logging(function: Any, given: dict[str, Any] | None) -> dict[str, Any]:
    """As AWS completes it: https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html"""
    found = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **(given or {})}
    if found["LogFormat"] == "JSON":
        return {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **found}
    return {name: found[name] for name in ("LogFormat", "LogGroup")}


def _event_invoke_configs() -> None:
    from moto.awslambda.exceptions import UnknownEventConfig
    from moto.awslambda.responses import LambdaResponse
    from moto.core.responses import ActionResult

    @replace(LambdaResponse, "put_function_event_invoke_config")
    def put(_: Any, response: Any) -> Any:
        return ActionResult(_put_event_invoke_config(response, {}))

    @replace(LambdaResponse, "update_function_event_invoke_config")
    def update(_: Any, response: Any) -> Any:
        found = _find_event_invoke_config(*_qualified(response))
        return ActionResult(_put_event_invoke_config(response, found.config if found else {}))

    @replace(LambdaResponse, "get_function_event_invoke_config")
    def get(_: Any, response: Any) -> Any:
        function, qualifier = _qualified(response)
        found = _find_event_invoke_config(function, qualifier)
        if found is None:
            raise UnknownEventConfig(_arn(function, qualifier))
        return ActionResult(found.response())

    @replace(LambdaResponse, "delete_function_event_invoke_config")
    def delete(_: Any, response: Any) -> Any:
        function, qualifier = _qualified(response)
        found = _find_event_invoke_config(function, qualifier)
        if found is None:
            raise UnknownEventConfig(_arn(function, qualifier))
        function.event_invoke_config.remove(found)
        return 204, {"status": 204}, "{}"


def _put_event_invoke_config(response: Any, before: dict[str, Any]) -> dict[str, Any]:
    from moto.awslambda.models import EventInvokeConfig

    function, qualifier = _qualified(response)
    arn = _arn(function, qualifier)
    made = EventInvokeConfig(arn, function.last_modified, {**before, **response.json_body})
    others = [config for config in function.event_invoke_config if config.arn != arn]
    function.event_invoke_config = [*others, made]
    answer: dict[str, Any] = made.response()
    return answer


def _find_event_invoke_config(function: Any, qualifier: str) -> Any:
    arn = _arn(function, qualifier)
    return next((config for config in function.event_invoke_config if config.arn == arn), None)


def _qualified(response: Any) -> tuple[Any, str]:
    """The function that a call is about, and the version or alias."""
    name = unquote(response.path.rsplit("/", 2)[1])
    qualifier = response.querystring.get("Qualifier", ["$LATEST"])[0]
    return response.backend.get_function(name), qualifier


def _arn(function: Any, qualifier: str) -> str:
    stem = ":".join(function.function_arn.split(":")[:7])
    return f"{stem}:{qualifier}"
