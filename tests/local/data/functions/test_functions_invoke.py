"""Functions run by awslambdaric in real processes: answers, failures, logs, environment, as on AWS."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeport.local.data.context import InvokeResult

ECHO = """
import os, json
def handler(event, context):
    print("hello", event["name"])
    return {"hello": event["name"], "pid": os.getpid(), "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis(), "version": context.function_version,
            "cwd": os.getcwd(), "tmp": os.environ["TMPDIR"], "environ": dict(os.environ)}
"""


def answer(result: InvokeResult) -> Any:
    assert result.function_error is None, result.payload
    return json.loads(result.payload)


def failure(result: InvokeResult) -> dict[str, Any]:
    assert result.function_error == "Unhandled"
    loaded: dict[str, Any] = json.loads(result.payload)
    return loaded


async def test_a_process_is_started_cold_and_used_again_warm(plane) -> None:
    arn = await plane.deploy(ECHO)
    first = answer(await plane.functions.invoke(arn, None, b'{"name": "one"}'))
    second = answer(await plane.functions.invoke(arn, None, b'{"name": "two"}'))
    assert (first["hello"], second["hello"]) == ("one", "two")
    assert first["pid"] == second["pid"]


async def test_the_environment_is_that_of_aws(plane) -> None:
    arn = await plane.deploy(ECHO, Environment={"Variables": {"COLOUR": "red", "AWS_ENDPOINT_URL": "https://real"}})
    got = answer(await plane.functions.invoke(arn, None, b'{"name": "x"}'))
    environ = got["environ"]
    assert got["arn"] == arn
    assert 2500 < got["left"] <= 3000
    assert got["cwd"] == environ["LAMBDA_TASK_ROOT"]
    assert Path(got["tmp"]).is_dir()
    assert environ["COLOUR"] == "red"
    assert environ["AWS_LAMBDA_FUNCTION_NAME"] == "greet"
    assert environ["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert environ["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/greet"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", environ["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert environ["_HANDLER"] == "app.handler"
    assert environ["AWS_REGION"] == environ["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert environ["TZ"] == ":UTC"
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"  # a function cannot point itself at the real AWS
    assert "HOME" not in environ and "VIRTUAL_ENV" not in environ  # nothing of ours leaks in


async def test_boto3_is_there_without_bundling_and_other_libraries_are_not(plane) -> None:
    arn = await plane.deploy("import boto3\ndef handler(e, c):\n    import aiohttp")
    got = failure(await plane.functions.invoke(arn, None, b"{}"))
    assert got["errorType"] == "ModuleNotFoundError"
    assert "aiohttp" in got["errorMessage"]


async def test_the_log_reads_as_on_aws(plane) -> None:
    arn = await plane.deploy(ECHO)
    result = await plane.functions.invoke(arn, None, b'{"name": "one"}', log_tail=True)
    lines = plane.logged.of("greet")
    init, start, printed, end, report = lines
    assert init.startswith("INIT_START Runtime Version: python:3.11")
    request_id = re.fullmatch(r"START RequestId: (\S+) Version: \$LATEST", start)[1]
    assert printed == "hello one"
    assert end == f"END RequestId: {request_id}"
    shape = r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB"
    assert re.fullmatch(rf"REPORT RequestId: {request_id}\t{shape}\tInit Duration: [\d.]+ ms\t", report)
    assert result.log_tail.decode() == "\n".join([start, printed, end, report, ""])
    assert len(set(plane.logged.streams)) == 1

    await plane.functions.invoke(arn, None, b'{"name": "two"}')
    assert "Init Duration" not in plane.logged.of("greet")[-1]


async def test_json_logs_are_json(plane) -> None:
    source = "import logging\ndef handler(e, c):\n    logging.getLogger().warning('careful')"
    arn = await plane.deploy(source, LoggingConfig={"LogFormat": "JSON", "LogGroup": "mine"})
    await plane.functions.invoke(arn, None, b"{}")
    events = [json.loads(line) for line in plane.logged.lines["mine"]]
    types = [event.get("type") or event["message"] for event in events]
    assert types == ["platform.initStart", "platform.start", "careful", "platform.report"]
    assert events[-1]["record"]["status"] == "success"


async def test_the_log_tail_is_the_last_4_kb(plane) -> None:
    arn = await plane.deploy("def handler(e, c):\n    for i in range(2000): print('line', i)")
    result = await plane.functions.invoke(arn, None, b"{}", log_tail=True)
    assert len(result.log_tail) == 4096
    assert b"line 1999\nEND RequestId" in result.log_tail
    assert len(plane.logged.of("greet")) == 2004


async def test_an_exception_is_the_answer_with_its_trace(plane) -> None:
    arn = await plane.deploy("def handler(e, c):\n    return 1 / 0")
    got = failure(await plane.functions.invoke(arn, None, b"{}"))
    assert got["errorType"] == "ZeroDivisionError"
    assert got["errorMessage"] == "division by zero"
    assert "app.py" in got["stackTrace"][0]
    assert any("[ERROR] ZeroDivisionError: division by zero\nTraceback" in line for line in plane.logged.of("greet"))
    assert "next works" in answer_text(await plane.functions.invoke(await plane.deploy(NEXT), None, b"{}"))


NEXT = "def handler(e, c): return 'next works'"


def answer_text(result: InvokeResult) -> str:
    return result.payload.decode()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\ndef handler(e, c): os._exit(3)", "Runtime exited with error: exit status 3"),
        ("import sys\ndef handler(e, c): sys.exit(4)", "Runtime exited with error: exit status 4"),
        ("import sys\ndef handler(e, c): sys.exit(0)", "Runtime exited without providing a reason"),
        ("import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
async def test_a_process_that_exits_is_an_exit_error_and_the_next_call_starts_anew(plane, source, reason) -> None:
    arn = await plane.deploy(source)
    for _ in range(2):
        got = failure(await plane.functions.invoke(arn, None, b"{}"))
        assert got["errorType"] == "Runtime.ExitError"
        assert re.fullmatch(rf"RequestId: \S+ Error: {reason}", got["errorMessage"])
    assert plane.logged.of("greet")[-1].endswith("Status: error\tError Type: Runtime.ExitError\t")


async def test_a_function_that_takes_too_long_is_killed(plane) -> None:
    source = "import os, time\ndef handler(e, c):\n    if e: time.sleep(60)\n    return os.getpid()"
    arn = await plane.deploy(source, Timeout=1)
    first = answer(await plane.functions.invoke(arn, None, b"{}"))
    got = failure(await plane.functions.invoke(arn, None, b'{"slow": 1}'))
    assert got["errorType"] == "Sandbox.Timedout"
    assert got["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in plane.logged.of("greet"))
    assert plane.logged.of("greet")[-1].endswith("Status: timeout\t")
    assert answer(await plane.functions.invoke(arn, None, b"{}")) != first
    assert not Path(f"/proc/{first}").exists()


async def test_kill_9_of_a_process_fails_its_invocation_and_not_the_next(plane) -> None:
    body = "print(os.getpid()); time.sleep(e.get('sleep', 0)); return 'ok'"
    source = f"import os, time\ndef handler(e, c): {body}"
    arn = await plane.deploy(source, Timeout=30)
    running = asyncio.create_task(plane.functions.invoke(arn, None, b'{"sleep": 20}'))
    pid = await first_number(plane)
    os.kill(pid, signal.SIGKILL)
    assert failure(await running)["errorType"] == "Runtime.ExitError"
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == "ok"


async def test_kill_9_of_an_idle_process_is_not_seen_by_callers(plane) -> None:
    arn = await plane.deploy("import os\ndef handler(e, c): return os.getpid()")
    for _ in range(3):
        pid = answer(await plane.functions.invoke(arn, None, b"{}"))
        os.kill(pid, signal.SIGKILL)
        await until(lambda: "0 warm" in plane.functions.live()[0].detail)
    assert answer(await plane.functions.invoke(arn, None, b"{}")) != pid


async def first_number(plane) -> int:
    await until(lambda: any(line.isdigit() for line in plane.logged.of("greet")))
    return int(next(line for line in plane.logged.of("greet") if line.isdigit()))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        ("import nothing_of_this_name", "app.handler", "Runtime.ImportModuleError", "nothing_of_this_name"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError", "invalid syntax"),
        ("", "app.handler", "Runtime.HandlerNotFound", "'handler' missing"),
        ("", "handler", "Runtime.MalformedHandlerName", "Bad handler"),
        ("raise ValueError('at import')", "app.handler", "ValueError", "at import"),
    ],
)
async def test_a_function_that_cannot_start_says_why(plane, source, handler, error_type, message) -> None:
    arn = await plane.deploy(source, Handler=handler)
    result = await plane.functions.invoke(arn, None, b"{}", log_tail=True)
    got = failure(result)
    assert got["errorType"] == error_type
    assert message in got["errorMessage"]
    assert any(line.startswith("INIT_REPORT") and error_type in line for line in plane.logged.of("greet"))
    assert plane.logged.of("greet")[-1].endswith(f"Status: error\tError Type: {error_type}\t")
    assert b"REPORT RequestId" in result.log_tail


async def test_exiting_while_starting_is_an_exit_error(plane) -> None:
    arn = await plane.deploy("import os; os._exit(7)")
    got = failure(await plane.functions.invoke(arn, None, b"{}"))
    assert got["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(r"RequestId: \S{36} Error: Runtime exited with error: exit status 7", got["errorMessage"])


async def test_a_start_that_takes_too_long_gets_a_second_try_with_the_functions_own_limit(make_plane) -> None:
    plane = make_plane(init_seconds=0.3)
    arn = await plane.deploy("import time; time.sleep(0.8)\ndef handler(e, c): return 'at last'", Timeout=20)
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == "at last"
    assert any("Phase: init\tStatus: timeout" in line for line in plane.logged.of("greet"))


async def test_a_start_that_never_ends_is_a_time_out(make_plane) -> None:
    plane = make_plane(init_seconds=0.3)
    arn = await plane.deploy("import time; time.sleep(60)", Timeout=1)
    got = failure(await plane.functions.invoke(arn, None, b"{}"))
    assert got["errorMessage"].endswith("Task timed out after 1.00 seconds")


async def test_answers_that_are_no_json_are_marshal_errors(plane) -> None:
    arn = await plane.deploy("def handler(e, c): return object()")
    assert failure(await plane.functions.invoke(arn, None, b"{}"))["errorType"] == "Runtime.MarshalError"


async def test_payloads_that_are_no_json_are_unmarshal_errors(plane) -> None:
    arn = await plane.deploy("def handler(e, c): return e")
    assert failure(await plane.functions.invoke(arn, None, b"\xff{"))["errorType"] == "Runtime.UnmarshalError"


async def test_an_answer_beyond_6_mb_is_refused(plane) -> None:
    arn = await plane.deploy("def handler(e, c): return 'x' * e", Timeout=20)
    assert len(answer(await plane.functions.invoke(arn, None, b"6000000"))) == 6_000_000
    got = failure(await plane.functions.invoke(arn, None, b"7000000"))
    assert got["errorType"] == "Function.ResponseSizeTooLarge"
    assert answer(await plane.functions.invoke(arn, None, b"3")) == "xxx"


async def test_a_payload_beyond_6_mb_is_refused(plane) -> None:
    arn = await plane.deploy("def handler(e, c): return len(e)", Timeout=20)
    assert answer(await plane.functions.invoke(arn, None, b'"' + b"x" * 6_000_000 + b'"')) == 6_000_000
    got = failure(await plane.functions.invoke(arn, None, b'"' + b"x" * 6_300_000 + b'"'))
    assert got["errorType"] == "RequestEntityTooLargeException"


async def test_a_function_that_prints_without_end_neither_blocks_nor_fills_the_memory(plane) -> None:
    arn = await plane.deploy("def handler(e, c):\n    print('#' * 3_000_000)\n    return 'done'", Timeout=20)
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == "done"
    assert max(map(len, plane.logged.of("greet"))) <= 256 * 1024
    assert sum(line.count("#") for line in plane.logged.of("greet")) == 3_000_000


async def test_memory_beyond_the_limit_is_noted(plane) -> None:
    arn = await plane.deploy("def handler(e, c):\n    x = b'1' * 300_000_000", MemorySize=128)
    await plane.functions.invoke(arn, None, b"{}")
    assert any(re.match(r"homeport: used \d+ MB of 128 MB", line) for line in plane.logged.of("greet"))


async def test_an_unknown_function_is_a_lookup_error(plane) -> None:
    arn = await plane.deploy(NEXT)
    with pytest.raises(LookupError, match="Function not found: .*:nobody"):
        await plane.functions.invoke(arn, "nobody", b"{}")
    with pytest.raises(LookupError):
        await plane.functions.invoke(arn + "x", None, b"{}")


async def test_code_that_is_missing_or_no_zip_is_the_functions_failure(plane) -> None:
    arn = await plane.deploy(b"this is no zip")
    got = failure(await plane.functions.invoke(arn, None, b"{}"))
    assert "cannot be unpacked" in got["errorMessage"]
    (live,) = plane.functions.live()
    assert not live.live and "cannot be unpacked" in live.detail
    arn = await plane.deploy(NEXT, CodePath=str(plane.folder / "gone.zip"))
    assert "is not there" in failure(await plane.functions.invoke(arn, None, b"{}"))["errorMessage"]


async def test_a_runtime_that_is_not_python_is_declared_only(plane) -> None:
    arn = await plane.deploy(NEXT, Runtime="nodejs20.x")
    assert "nodejs20.x" in failure(await plane.functions.invoke(arn, None, b"{}"))["errorMessage"]
    (live,) = plane.functions.live()
    assert not live.live and "nodejs20.x" in live.detail


async def test_a_version_of_python_that_is_not_here_runs_on_ours_and_says_so(plane) -> None:
    arn = await plane.deploy("import sys\ndef handler(e, c): return sys.version_info[1]", Runtime="python3.99")
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == 11
    (live,) = plane.functions.live()
    assert live.live and "Python 3.99 is not on this machine" in live.detail


async def test_nothing_is_left_after_stop(plane) -> None:
    arn = await plane.deploy(
        "import os, time\ndef handler(e, c):\n    print(os.getpid())\n    time.sleep(50)", Timeout=60
    )
    running = asyncio.create_task(plane.functions.invoke(arn, None, b"{}"))
    pid = await first_number(plane)
    await plane.functions.stop()
    assert failure(await running)["errorType"] == "Runtime.ExitError"
    assert not Path(f"/proc/{pid}").exists()
    assert list((plane.folder / "lambda" / "tmp").iterdir()) == []
