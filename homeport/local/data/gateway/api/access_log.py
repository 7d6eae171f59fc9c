"""A stage's access log format → a line for each request."""

import re
from dataclasses import dataclass

from homeport.local.data.gateway.api.call import Call, context_variable

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_:\-]+(?:\.[A-Za-z0-9_:\-]+)*)")
_UNSAFE = re.compile(r'[\x00-\x1f"\\\x7f]')


@dataclass(frozen=True)
class AccessLog:
    """Where a stage's lines go, and how they look: text and variable names in turn."""

    group: str
    parts: tuple[str, ...]

    def line(self, call: Call) -> str:
        """What has no value is `-`. Nothing that a client sends can end a line or leave its quotes."""
        return "".join(_safe(call, part) if index % 2 else part for index, part in enumerate(self.parts))


def compile_access_log(destination_arn: str | None, format_: str | None) -> AccessLog | None:
    """None without a log group: other destinations (Firehose) are not served here."""
    if not destination_arn or not format_ or ":log-group:" not in destination_arn:
        return None
    group = destination_arn.partition(":log-group:")[2].removesuffix(":*")
    return AccessLog(group, tuple(_VARIABLE.split(format_)))


def _safe(call: Call, name: str) -> str:
    value = context_variable(call, name)
    if value is None:
        return "-"
    if name == "error.messageString":  # brings its own quotes
        return value
    return _UNSAFE.sub(lambda match: f"\\x{ord(match.group()):02x}", value)
