"""What Lambda itself writes into a function's log and answers when a function fails. Pure: text and bytes only.

Line shapes: AWS's "Lambda function logs" page; error types: what the Invoke API answers today.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime

from homeport.local.data.functions.definition import Definition

RESPONSE_BYTES_MAX = 6_291_556
REQUEST_BYTES_MAX = 6_291_456


@dataclass(frozen=True)
class Failure:
    """Why an invocation ended without an answer of the function's own."""

    error_type: str
    message: str
    status: str = "error"  # as REPORT says it; or "timeout"

    def payload(self) -> bytes:
        return json.dumps({"errorType": self.error_type, "errorMessage": self.message}).encode()


@dataclass(frozen=True)
class Usage:
    """What one invocation took."""

    duration_ms: float
    memory_used_mb: int
    init_ms: float | None = None  # of the cold start that this invocation waited for


def timed_out(request_id: str, seconds: float) -> Failure:
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return Failure("Sandbox.Timedout", message, "timeout")


def exited(request_id: str, returncode: int) -> Failure:
    if returncode < 0:
        reason = f"Runtime exited with error: signal: {'killed' if returncode == -9 else -returncode}"
    elif returncode:
        reason = f"Runtime exited with error: exit status {returncode}"
    else:
        reason = "Runtime exited without providing a reason"
    return Failure("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def too_large() -> Failure:
    message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes)."
    return Failure("Function.ResponseSizeTooLarge", message)


def init_start_line(definition: Definition, version: str) -> str:
    if definition.json_logs:
        record = {"initializationType": "on-demand", "phase": "init", "runtimeVersion": f"python:{version}"}
        return _event("platform.initStart", {**record, "functionName": definition.name})
    return f"INIT_START Runtime Version: python:{version}"


def init_report_line(definition: Definition, duration_ms: float, status: str) -> str:
    if definition.json_logs:
        metrics = {"durationMs": round(duration_ms, 3)}
        return _event("platform.initReport", {"phase": "init", "status": status, "metrics": metrics})
    return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: init\tStatus: {status}"


def start_line(definition: Definition, request_id: str) -> str:
    if definition.json_logs:
        return _event("platform.start", {"requestId": request_id, "version": definition.version})
    return f"START RequestId: {request_id} Version: {definition.version}"


def failure_line(definition: Definition, request_id: str, failure: Failure, now: datetime) -> str | None:
    """The line that names the failure; in JSON logs only the report does."""
    if definition.json_logs:
        return None
    if failure.status == "timeout":
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
        return f"{stamp} {request_id} {failure.message.partition('Error: ')[2]}"
    return f"{failure.message}\n{failure.error_type}"


def end_lines(definition: Definition, request_id: str, usage: Usage, failure: Failure | None) -> list[str]:
    """END and REPORT, or their JSON form."""
    billed = math.ceil(usage.duration_ms + (usage.init_ms or 0))
    if definition.json_logs:
        metrics = {
            "durationMs": round(usage.duration_ms, 3),
            "billedDurationMs": billed,
            "memorySizeMB": definition.memory_mb,
            "maxMemoryUsedMB": usage.memory_used_mb,
            **({"initDurationMs": round(usage.init_ms, 3)} if usage.init_ms is not None else {}),
        }
        status = {"status": failure.status, "errorType": failure.error_type} if failure else {"status": "success"}
        return [_event("platform.report", {"requestId": request_id, "metrics": metrics, **status})]
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {usage.duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {definition.memory_mb} MB",
        f"Max Memory Used: {usage.memory_used_mb} MB",
    ]
    if usage.init_ms is not None:
        fields.append(f"Init Duration: {usage.init_ms:.2f} ms")
    if failure:
        fields.append(f"Status: {failure.status}")
    if failure and failure.status == "error":
        fields.append(f"Error Type: {failure.error_type}")
    return [f"END RequestId: {request_id}", "\t".join(fields) + "\t"]


def memory_note(definition: Definition, usage: Usage) -> str | None:
    """Said in the log when a function used more memory than it has on AWS: here nothing stops it."""
    if usage.memory_used_mb <= definition.memory_mb:
        return None
    return (
        f"homeport: used {usage.memory_used_mb} MB of {definition.memory_mb} MB; "
        "on AWS it would be killed here (Runtime.OutOfMemory)"
    )


def _event(type_: str, record: dict[str, object]) -> str:
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": stamp, "type": type_, "record": record}, separators=(",", ":"))
