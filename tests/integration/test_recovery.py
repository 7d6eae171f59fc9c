"""kill -9 of everything, one after the other: the rest goes on, and nothing that was acknowledged is lost."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeport.local.account import NO_TLS
from tests.integration.conftest import Running, read_running
from tests.integration.test_platform import eventually

pytestmark = pytest.mark.integration


def books(running: Running) -> list[Any]:
    found: list[Any] = httpx.get(f"{running.api_url}/books", timeout=35, trust_env=False).json()["books"]
    return found


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=35, trust_env=False, verify=NO_TLS).status_code == 200
    except httpx.HTTPError:
        return False


def leaders(running: Running, what: str) -> list[int]:
    """Process ids of the data plane's children whose ledger entry or command line mentions `what`."""
    entries = (json.loads(file.read_text()) for file in (running.home / "ledger").glob("*.json"))
    return [entry["pid"] for entry in entries if what in json.dumps(entry) + command_line(entry["pid"])]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def plane(running: Running, name: str) -> int:
    return int(json.loads((running.home / f"{name}.json").read_text())["pid"])


def test_a_killed_task_is_restarted_and_others_do_not_notice(running: Running) -> None:
    victims = leaders(running, "catalog.wsgi")
    assert victims
    kill(victims[0])
    assert answers(f"{running.api_url}/library/healthz")
    eventually(lambda: answers(f"{running.api_url}/books"), "catalog answers again")
    assert victims[0] not in leaders(running, "catalog.wsgi")


def test_a_killed_postgresql_comes_back_with_its_rows(running: Running) -> None:
    before = books(running)
    postmasters = leaders(running, "catalog-db")
    assert postmasters
    kill(postmasters[0])  # its sessions answer until they notice
    eventually(lambda: set(leaders(running, "catalog-db")) - set(postmasters), "PostgreSQL is started again")
    eventually(lambda: answers(f"{running.api_url}/books"), "catalog reads its database again")
    assert books(running) == before


def test_killed_planes_recover_without_terraform_and_without_loss(running: Running) -> None:
    before, mail = books(running), running.homeport("mail", "--json").stdout
    queue = running.aws("sqs").create_queue(QueueName="kept")["QueueUrl"]
    sent = {f"message {n}" for n in range(20)}
    for text in sent:
        running.aws("sqs").send_message(QueueUrl=queue, MessageBody=text)
    kill(plane(running, "control"))
    halved = running.homeport("status")
    assert halved.returncode == 1 and "the control plane has died" in halved.stderr
    assert answers(f"{running.api_url}/books"), "the data plane serves without it"
    kill(plane(running, "data"))
    eventually(lambda: not leaders_alive(running), "children of a killed data plane are gone")

    done = running.homeport("up", "--detach")
    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stderr
    again = read_running(running.file, running.root)
    assert again.api_url == running.api_url
    eventually(lambda: answers(f"{running.api_url}/books"), "catalog answers after the restart")
    assert books(running) == before
    assert running.homeport("mail", "--json").stdout == mail
    assert received(running, queue, len(sent)) == sent
    running.aws("sqs").delete_queue(QueueUrl=queue)
    assert strays(running) == []


def test_plan_is_empty_after_deploys_and_recovery(running: Running) -> None:
    """The platform was applied once, so this is also the second plan of its resources and of its outputs."""
    done = running.homeport("plan", "local", "--check", "--json")
    assert done.returncode == 0, done.stdout
    assert [stack["changes"] for stack in json.loads(done.stdout)["stacks"]] == [[], []]
    assert done.stderr.count("no changes") == 2


def leaders_alive(running: Running) -> list[int]:
    return [pid for pid in leaders(running, "") if Path(f"/proc/{pid}").exists() and not is_zombie(pid)]


def strays(running: Running) -> list[str]:
    """Processes that run from this platform's images without the data plane knowing their group."""
    known, found = set(leaders(running, "")), []
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        line = command_line(pid)
        if f"{running.root}/cache/bundles" in line and not is_zombie(pid) and os.getpgid(pid) not in known:
            found.append(line)
    return found


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def received(running: Running, queue: str, count: int) -> set[str]:
    client, found = running.aws("sqs"), set()
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        answer = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found |= {message["Body"] for message in answer.get("Messages", ())}
    return found
