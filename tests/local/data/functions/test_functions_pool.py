"""Concurrency, warmth, replacement and aliases of functions, with real processes and a clock that tests set."""

import asyncio
import json
from typing import Any

import pytest

from homeport.local.data.context import Resource

GATE = """
import os, time, pathlib
def handler(event, context):
    print("pid", os.getpid())
    while event.get("gate") and not pathlib.Path(event["gate"]).exists():
        time.sleep(0.01)
    return os.getpid()
"""
ANSWER = "import os\ndef handler(e, c): return [{answer!r}, os.getpid(), c.invoked_function_arn, c.function_version]"


def answer(result: Any) -> Any:
    assert result.function_error is None and not result.throttled, result
    return json.loads(result.payload)


def started(plane) -> int:
    return sum(line.startswith("pid") for line in plane.logged.of("greet"))


async def busy(plane, kit, arn: str, gate: Any, count: int) -> list[asyncio.Task[Any]]:
    """So many invocations, all inside their handlers."""
    before = started(plane)
    payload = json.dumps({"gate": str(gate)}).encode()
    tasks = [asyncio.create_task(plane.functions.invoke(arn, None, payload)) for _ in range(count)]
    await kit.until(lambda: started(plane) == before + count)
    return tasks


async def test_simultaneous_invocations_have_a_process_each(plane, kit, tmp_path) -> None:
    arn = await plane.deploy(GATE, Timeout=30)
    tasks = await busy(plane, kit, arn, tmp_path / "gate", 3)
    (tmp_path / "gate").touch()
    pids = {answer(await task) for task in tasks}
    assert len(pids) == 3
    assert answer(await plane.functions.invoke(arn, None, b"{}")) in pids  # all are warm now
    assert "3 warm" in plane.functions.live()[0].detail


async def test_one_after_another_needs_one_process_only(plane) -> None:
    arn = await plane.deploy(GATE)
    assert len({answer(await plane.functions.invoke(arn, None, b"{}")) for _ in range(30)}) == 1


async def test_a_waiting_invocation_takes_the_first_process_that_is_free(make_plane, kit, tmp_path) -> None:
    plane = make_plane(cold_starts=1)
    arn = await plane.deploy("import time; time.sleep(0.3)\n" + GATE, Timeout=30)
    results = await asyncio.gather(*(plane.functions.invoke(arn, None, b"{}") for _ in range(20)))
    assert len({answer(result) for result in results}) < 5


async def test_more_than_the_reserved_concurrency_is_throttled(plane, kit, tmp_path) -> None:
    version = kit.version(tmp_path / "code", GATE, Timeout=30)
    await plane.functions.reconcile(
        kit.world_of(kit.function("greet", {"$LATEST": version}, ReservedConcurrentExecutions=2))
    )
    arn = kit.arn_of("greet")
    tasks = await busy(plane, kit, arn, tmp_path / "gate", 2)
    third = await plane.functions.invoke(arn, None, b"{}")
    assert third.throttled
    assert json.loads(third.payload)["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    (tmp_path / "gate").touch()
    for task in tasks:
        answer(await task)
    answer(await plane.functions.invoke(arn, None, b"{}"))


async def test_a_reservation_of_nothing_switches_a_function_off(plane, kit, tmp_path) -> None:
    version = kit.version(tmp_path / "code", GATE)
    await plane.functions.reconcile(
        kit.world_of(kit.function("greet", {"$LATEST": version}, ReservedConcurrentExecutions=0))
    )
    assert (await plane.functions.invoke(kit.arn_of("greet"), None, b"{}")).throttled


async def test_functions_without_a_reservation_share_the_accounts_limit(make_plane, kit, tmp_path) -> None:
    plane = make_plane(account_concurrency=2)
    versions = {name: {"$LATEST": kit.version(tmp_path / "code", GATE, Timeout=30)} for name in ("greet", "other")}
    await plane.functions.reconcile(kit.world_of(*(kit.function(name, item) for name, item in versions.items())))
    tasks = await busy(plane, kit, kit.arn_of("greet"), tmp_path / "gate", 2)
    assert (await plane.functions.invoke(kit.arn_of("other"), None, b"{}")).throttled
    (tmp_path / "gate").touch()
    for task in tasks:
        answer(await task)


async def test_idle_processes_are_stopped_after_a_while(plane, kit) -> None:
    arn = await plane.deploy(GATE)
    first = answer(await plane.functions.invoke(arn, None, b"{}"))
    plane.clock.now += 299
    plane.functions.reap()
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == first
    plane.clock.now += 301
    plane.functions.reap()
    await kit.until(lambda: "0 warm" in plane.functions.live()[0].detail)
    assert answer(await plane.functions.invoke(arn, None, b"{}")) != first


async def test_new_code_drains_the_old_processes_and_lets_them_finish(plane, kit, tmp_path) -> None:
    arn = await plane.deploy(GATE, Timeout=30)
    (task,) = await busy(plane, kit, arn, tmp_path / "gate", 1)
    await plane.deploy("def handler(e, c): return 'new'")
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == "new"
    (tmp_path / "gate").touch()
    assert isinstance(answer(await task), int)
    await kit.until(lambda: "1 warm" in plane.functions.live()[0].detail)


async def test_a_changed_setting_starts_new_processes_and_the_same_world_does_not(plane) -> None:
    source = "import os\ndef handler(e, c): return [os.getpid(), os.environ.get('COLOUR')]"
    arn = await plane.deploy(source)
    first = answer(await plane.functions.invoke(arn, None, b"{}"))
    await plane.deploy(source)
    assert answer(await plane.functions.invoke(arn, None, b"{}")) == first
    await plane.deploy(source, Environment={"Variables": {"COLOUR": "blue"}})
    pid, colour = answer(await plane.functions.invoke(arn, None, b"{}"))
    assert (pid != first[0], colour) == (True, "blue")


def two_versions(kit, folder) -> dict[str, Any]:
    return {name: kit.version(folder, ANSWER.format(answer=name)) for name in ("$LATEST", "1", "2")}


async def test_aliases_and_versions_are_called_by_qualifier(plane, kit, tmp_path) -> None:
    aliases = {"live": {"FunctionVersion": "2", "RoutingConfig": None}}
    versions = two_versions(kit, tmp_path / "code")
    await plane.functions.reconcile(kit.world_of(kit.function("greet", versions, Aliases=aliases)))
    arn = kit.arn_of("greet")
    for qualifier, version in ((None, "$LATEST"), ("1", "1"), ("live", "2")):
        result = await plane.functions.invoke(arn, qualifier, b"{}")
        name, _, called, own = answer(result)
        assert (name, own, result.executed_version) == (version,) * 3
        assert called == (f"{arn}:{qualifier}" if qualifier else arn)
    assert answer(await plane.functions.invoke(f"{arn}:live", None, b"{}"))[0] == "2"


async def test_an_alias_that_moves_takes_its_warm_processes_away(plane, kit, tmp_path) -> None:
    arn, versions = kit.arn_of("greet"), two_versions(kit, tmp_path / "code")
    for version in ("1", "2"):
        aliases = {"live": {"FunctionVersion": version}}
        await plane.functions.reconcile(kit.world_of(kit.function("greet", versions, Aliases=aliases)))
        assert answer(await plane.functions.invoke(arn, "live", b"{}"))[0] == version
    await kit.until(lambda: "1 warm" in plane.functions.live()[0].detail)
    assert answer(await plane.functions.invoke(arn, "1", b"{}"))[0] == "1"  # by number it still answers


async def test_weighted_aliases_draw(make_plane, kit, tmp_path) -> None:
    draws = iter([0.95, 0.05, 0.5, 0.85])
    plane = make_plane(chance=lambda: next(draws))
    routing = {"AdditionalVersionWeights": {"2": 0.1}}
    aliases = {"live": {"FunctionVersion": "1", "RoutingConfig": routing}}
    versions = two_versions(kit, tmp_path / "code")
    await plane.functions.reconcile(kit.world_of(kit.function("greet", versions, Aliases=aliases)))
    got = [answer(await plane.functions.invoke(kit.arn_of("greet"), "live", b"{}"))[0] for _ in range(4)]
    assert got == ["2", "1", "1", "1"]


async def test_a_function_that_the_feed_tells_a_moment_later_is_waited_for(make_plane, kit) -> None:
    plane = make_plane(appear_seconds=10)
    early = asyncio.create_task(plane.functions.invoke(kit.arn_of("greet"), None, b"{}"))
    await asyncio.sleep(0)
    await plane.deploy("def handler(e, c): return 'here'")
    assert answer(await early) == "here"


async def test_a_removed_function_is_gone(plane, kit) -> None:
    arn = await plane.deploy(GATE)
    answer(await plane.functions.invoke(arn, None, b"{}"))
    await plane.functions.reconcile(kit.world_of())
    with pytest.raises(LookupError):
        await plane.functions.invoke(arn, None, b"{}")
    assert plane.functions.live() == []


async def test_a_caller_that_goes_away_does_not_stop_the_function(plane, kit, tmp_path) -> None:
    arn = await plane.deploy(GATE, Timeout=30)
    (task,) = await busy(plane, kit, arn, tmp_path / "gate", 1)
    task.cancel()
    (tmp_path / "gate").touch()
    await kit.until(lambda: any(line.startswith("REPORT") for line in plane.logged.of("greet")))
    assert len(plane.functions.live()) == 1


async def test_a_log_group_that_nobody_declared_is_made(plane, kit, tmp_path) -> None:
    arn = await plane.deploy(GATE)
    answer(await plane.functions.invoke(arn, None, b"{}"))
    assert plane.logged.groups == ["/aws/lambda/greet"]
    group = Resource("arn:g", "logs:log-group", kit.ACCOUNT, kit.REGION, {"logGroupName": "/aws/lambda/greet"})
    version = kit.version(tmp_path / "code", "def handler(e, c): return 1")
    await plane.functions.reconcile(kit.world_of(kit.function("greet", {"$LATEST": version}), group))
    answer(await plane.functions.invoke(arn, None, b"{}"))
    assert plane.logged.groups == ["/aws/lambda/greet"]


async def test_what_an_earlier_run_left_is_removed(plane, kit, tmp_path) -> None:
    store = tmp_path / "lambda"
    for name in ("code/" + "0" * 64, "code/.unpacking-x", "tmp/old"):
        (store / name).mkdir(parents=True)
    await plane.deploy("def handler(e, c): return 1")
    await kit.until(lambda: len(list((store / "code").iterdir())) == 1)
    assert not (store / "tmp" / "old").exists()
    assert not (store / "code" / ("0" * 64)).exists()
