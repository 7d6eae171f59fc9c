"""A disk that fills up: what is acknowledged is kept, what cannot be kept is refused, and both say so."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ACCOUNT, Account

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="needs to mount a small file system"),
]
NO_SPACE = os.strerror(errno.ENOSPC)


@pytest.fixture
def small_account(tmp_path: Path) -> Iterator[Account]:
    """An account whose home is a file system of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not allow to mount")
    try:
        with Account(disk / "home") as account:
            account.log = tmp_path / "control.log"
            yield account
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(account: Account) -> Path:
    """Take all the space there is."""
    ballast = account.home.path.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return ballast


def put_until_refused(account: Account, call: Any) -> tuple[list[str], ClientError]:
    """What was acknowledged, and the refusal. Retries of the client would hide that it comes at once."""
    done: list[str] = []
    while True:
        assert len(done) < 200, "acknowledged on a full disk"
        try:
            call(f"n{len(done)}")
        except ClientError as error:
            return done, error
        done.append(f"n{len(done)}")


def test_acknowledged_or_refused_but_never_acknowledged_and_lost(small_account: Account) -> None:
    account, ssm = small_account, small_account.client("ssm")
    queue = account.client("sqs").create_queue(QueueName="work")["QueueUrl"]
    ssm.put_parameter(Name="/before", Value="kept", Type="SecureString")
    assert account.request("GET", "saved").json() == {"problem": None}
    ballast = fill(account)
    assert NO_SPACE in account.request("GET", "saved").json()["problem"]  # before anything has failed

    put = lambda name: ssm.put_parameter(Name=f"/{name}", Value="v" * 500, Type="String")  # noqa: E731
    done, refusal = put_until_refused(account, put)
    assert refusal.response["Error"]["Code"] == "InternalFailure" and NO_SPACE in str(refusal)
    assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 400  # Terraform repeats others for minutes
    assert refusal.response["ResponseMetadata"]["RetryAttempts"] == 0
    send = lambda name: account.client("sqs").send_message(QueueUrl=queue, MessageBody=name)  # noqa: E731
    assert put_until_refused(account, send)[0] == []
    assert ssm.get_parameter(Name="/before")["Parameter"]["Name"] == "/before"  # reading goes on
    assert NO_SPACE in account.request("GET", "saved").json()["problem"]

    account.kill()
    refused = account.run()
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert str(account.home.path) in refused.stderr and f"{NO_SPACE}\n\nhint: free space" in refused.stderr

    ballast.unlink()
    account.start()
    names = {item["Name"] for item in account.client("ssm").describe_parameters()["Parameters"]}
    assert {"/before", *(f"/{name}" for name in done)} <= names


def test_with_space_again_the_next_call_is_answered(small_account: Account) -> None:
    account, users = small_account, small_account.client("cognito-idp")
    pool = users.create_user_pool(PoolName="p")["UserPool"]["Id"]
    ballast = fill(account)
    with pytest.raises(ClientError, match=NO_SPACE):
        while True:
            users.admin_create_user(UserPoolId=pool, Username="a", MessageAction="SUPPRESS")
            users.admin_delete_user(UserPoolId=pool, Username="a")
    ballast.unlink()
    users.admin_create_user(UserPoolId=pool, Username="after", MessageAction="SUPPRESS")
    assert account.request("GET", "saved").json() == {"problem": None}
    account.kill()
    account.start()
    assert account.client("cognito-idp", ACCOUNT).admin_get_user(UserPoolId=pool, Username="after")["Enabled"]
