"""Lambda: all of a function's configuration.

Upstream drops LoggingConfig, and of an update all but a few arguments.
"""

from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
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


def _logging(function: Any, given: dict[str, Any] | None) -> dict[str, Any]:
    """As AWS completes it: https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html"""
    found = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}", **(given or {})}
    if found["LogFormat"] == "JSON":
        return {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **found}
    return {name: found[name] for name in ("LogFormat", "LogGroup")}
