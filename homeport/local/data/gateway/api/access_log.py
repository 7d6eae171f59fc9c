"""A stage's access log format → a line for each request."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from homeport.local.data.gateway.api.call import Call, context_reader

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_:\-]+(?:\.[A-Za-z0-9_:\-]+)*)")
_UNSAFE = re.compile(r'[\x00-\x1f"\\\x7f]')


@dataclass(frozen=True)
class AccessLog:
    """Where a stage's lines go, and how they look: `template` has a place for what each reader finds."""

    group: str
    template: str
    readers: tuple[Callable[[Call], str], ...]

    def line(self, call: Call) -> str:
        """What has no value is `-`. Nothing that a client sends can end a line or leave its quotes."""
        return self.template % tuple([reader(call) for reader in self.readers])


def compile_access_log(destination_arn: str | None, format_: str | None) -> AccessLog | None:
    """None without a log group: other destinations (Firehose) are not served here."""
    if not destination_arn or not format_ or ":log-group:" not in destination_arn:
        return None
    group = destination_arn.partition(":log-group:")[2].removesuffix(":*")
    parts = _VARIABLE.split(format_)
    template = "%s".join(text.replace("%", "%%") for text in parts[::2])
    return AccessLog(group, template, tuple(_reader(name) for name in parts[1::2]))


def _reader(name: str) -> Callable[[Call], str]:
    read = context_reader(name)
    if name == "error.messageString":  # brings its own quotes
        return lambda call: read(call) or "-"

    def safe(call: Call) -> str:
        value = read(call)
        if value is None:
            return "-"
        return _UNSAFE.sub(_escape, value) if _UNSAFE.search(value) else value

    return safe


def _escape(match: re.Match[str]) -> str:
    return f"\\x{ord(match.group()):02x}"
