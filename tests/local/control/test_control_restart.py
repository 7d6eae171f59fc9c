"""What survives: an orderly stop, `kill -9` right after an answer, damage to what was saved, another moto."""

import base64
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import make_function

pytestmark = pytest.mark.integration
BUCKET_PLACE = {"LocationConstraint": "eu-west-1"}


def test_everything_is_there_after_a_restart(own_account: Any) -> None:
    vpc = own_account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    own_account.client("ssm").put_parameter(Name="/a", Value="secret", Type="SecureString")
    own_account.client("s3").create_bucket(Bucket="kept", CreateBucketConfiguration=BUCKET_PLACE)
    own_account.client("s3").put_object(
        Bucket="kept", Key="k", Body=b"x", ContentType="text/plain", Metadata={"a": "b"}
    )
    key = own_account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    cipher = own_account.client("kms").encrypt(KeyId=key, Plaintext=b"hidden")["CiphertextBlob"]
    url = own_account.client("sqs").create_queue(QueueName="kept")["QueueUrl"].rpartition("/")[2]
    own_account.client("logs").create_log_group(logGroupName="kept")
    assert own_account.stop() == 0
    own_account.start()
    assert own_account.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"] == "10.0.0.0/16"
    assert own_account.client("ssm").get_parameter(Name="/a", WithDecryption=True)["Parameter"]["Value"] == "secret"
    found = own_account.client("s3").get_object(Bucket="kept", Key="k")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (b"x", "text/plain", {"a": "b"})
    assert own_account.client("kms").decrypt(CiphertextBlob=cipher)["Plaintext"] == b"hidden"
    assert own_account.client("sqs").get_queue_url(QueueName=url)
    assert own_account.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"] == "kept"
    with pytest.raises(ClientError, match="BucketAlready"):  # names are still taken, in all accounts
        own_account.client("s3", "100000000002").create_bucket(Bucket="kept", CreateBucketConfiguration=BUCKET_PLACE)


def test_kill_9_right_after_the_answer_loses_no_message(own_account: Any) -> None:
    sqs = own_account.client("sqs")
    queue = sqs.create_queue(QueueName="work")["QueueUrl"]
    for number in range(20):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    done = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=5)["Messages"]
    for message in done:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=5, VisibilityTimeout=1)  # its consumer dies, too
    own_account.kill()
    own_account.start()
    sqs, bodies = own_account.client("sqs"), []
    queue = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages"):
        bodies += [message["Body"] for message in messages]
    assert sorted(bodies) == sorted(str(n) for n in range(20) if str(n) not in {message["Body"] for message in done})


def test_kill_9_right_after_the_answer_loses_no_setting_secret_or_user(own_account: Any) -> None:
    users = own_account.client("cognito-idp")
    pool = users.create_user_pool(PoolName="p")["UserPool"]["Id"]
    own_account.client("secretsmanager").create_secret(Name="s", SecretString="first")
    own_account.client("ssm").put_parameter(Name="/v", Value="x", Type="SecureString")
    own_account.client("secretsmanager").put_secret_value(SecretId="s", SecretString="second")
    client = users.create_user_pool_client(UserPoolId=pool, ClientName="c")["UserPoolClient"]["ClientId"]
    users.sign_up(ClientId=client, Username="a@example.org", Password="Secret-1")  # has no credentials, so no region
    own_account.kill()
    own_account.start()
    assert own_account.client("ssm").get_parameter(Name="/v", WithDecryption=True)["Parameter"]["Value"] == "x"
    assert own_account.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "second"
    found = own_account.client("cognito-idp").list_users(UserPoolId=pool)["Users"]
    assert [user["Username"] for user in found] == ["a@example.org"]


def test_a_queue_and_a_bucket_are_as_safe_as_what_is_in_them(own_account: Any) -> None:
    sqs, s3 = own_account.client("sqs"), own_account.client("s3")
    queue = sqs.create_queue(QueueName="new")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="at once")
    s3.create_bucket(Bucket="new-one", CreateBucketConfiguration=BUCKET_PLACE)
    s3.put_object(Bucket="new-one", Key="k", Body=b"at once")
    own_account.kill()
    own_account.start()
    queue = own_account.client("sqs").get_queue_url(QueueName="new")["QueueUrl"]
    assert own_account.client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "at once"
    assert own_account.client("s3").get_object(Bucket="new-one", Key="k")["Body"].read() == b"at once"


def test_a_message_in_flight_stays_so_over_a_kill(own_account: Any) -> None:
    sqs = own_account.client("sqs")
    queue = sqs.create_queue(QueueName="flight")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    taken = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"][0]
    own_account.kill()
    own_account.start()
    sqs = own_account.client("sqs")
    queue = sqs.get_queue_url(QueueName="flight")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=taken["ReceiptHandle"], VisibilityTimeout=0)
    again = sqs.receive_message(QueueUrl=queue, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert (again["MessageId"], again["Attributes"]["ApproximateReceiveCount"]) == (taken["MessageId"], "2")


def test_kill_9_right_after_the_answer_loses_no_object(own_account: Any) -> None:
    s3 = own_account.client("s3")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration=BUCKET_PLACE)
    s3.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        s3.put_object(Bucket="state", Key="terraform.tfstate", Body=b"%d" % number * 3_000_000)
    s3.put_object(Bucket="state", Key="terraform.tfstate.tflock", Body=b"lock", IfNoneMatch="*")
    s3.delete_object(Bucket="state", Key="terraform.tfstate.tflock")
    s3.put_object(Bucket="state", Key="page", Body=b"<html>", ContentType="text/html", CacheControl="no-cache")
    own_account.kill()
    own_account.start()
    s3 = own_account.client("s3")
    assert s3.get_object(Bucket="state", Key="terraform.tfstate")["Body"].read() == b"2" * 3_000_000
    versions = s3.list_object_versions(Bucket="state", Prefix="terraform.tfstate")["Versions"]
    assert len([version for version in versions if version["Key"] == "terraform.tfstate"]) == 3
    assert s3.head_object(Bucket="state", Key="page")["CacheControl"] == "no-cache"
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="state", Key="terraform.tfstate.tflock")


def test_an_uploaded_in_parts_object_survives_a_kill(own_account: Any) -> None:
    s3 = own_account.client("s3")
    s3.create_bucket(Bucket="parts", CreateBucketConfiguration=BUCKET_PLACE)
    upload = s3.create_multipart_upload(Bucket="parts", Key="big")["UploadId"]
    parts = []
    for number in (1, 2):
        etag = s3.upload_part(
            Bucket="parts", Key="big", UploadId=upload, PartNumber=number, Body=b"%d" % number * 5_300_000
        )
        parts.append({"PartNumber": number, "ETag": etag["ETag"]})
    s3.complete_multipart_upload(Bucket="parts", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    own_account.kill()
    own_account.start()
    body = own_account.client("s3").get_object(Bucket="parts", Key="big")["Body"].read()
    assert body == b"1" * 5_300_000 + b"2" * 5_300_000


def test_kill_9_right_after_the_answer_loses_no_delivery(own_account: Any) -> None:
    arn = make_function(own_account, "later")
    own_account.client("lambda").invoke(FunctionName="later", InvocationType="Event", Payload=b'{"n": 1}')
    own_account.kill()
    own_account.start()
    offered = own_account.request("GET", "deliveries?wait=5").json()
    assert [(d["kind"], d["target"], base64.b64decode(d["payload"])) for d in offered] == [("lambda", arn, b'{"n": 1}')]
    own_account.request("POST", f"deliveries/{offered[0]['id']}", json={"outcome": "done"}).raise_for_status()
    own_account.kill()
    own_account.start()
    assert own_account.request("GET", "deliveries?wait=0").json() == []


def test_kill_9_at_any_instant_leaves_whole_numbers(own_account: Any) -> None:
    """Sent and answered before the kill: there. Everything there: sent."""
    queue = own_account.client("sqs").create_queue(QueueName="storm")["QueueUrl"]
    for _ in range(3):
        answered: list[str] = []
        sender = threading.Thread(target=send_until_it_fails, args=(own_account, queue, answered))
        sender.start()
        while len(answered) < 50:
            sender.join(0.01)
        own_account.kill()
        sender.join()
        own_account.start()
        sqs = own_account.client("sqs")
        queue = sqs.get_queue_url(QueueName="storm")["QueueUrl"]
        count = int(
            sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"][
                "ApproximateNumberOfMessages"
            ]
        )
        assert len(answered) <= count <= len(answered) + 1
        for _ in range(count):
            for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def send_until_it_fails(account: Any, queue: str, answered: list[str]) -> None:
    sqs = account.client("sqs")
    while True:
        try:
            answered.append(sqs.send_message(QueueUrl=queue, MessageBody="x")["MessageId"])
        except Exception:
            return


def test_a_damaged_save_gives_way_to_the_one_before_it(own_account: Any) -> None:
    ssm = own_account.client("ssm")
    for value in ("one", "two", "three"):
        ssm.put_parameter(Name="/v", Value=value, Type="String", Overwrite=True)
    own_account.stop()
    states = sorted((own_account.home.state / "ssm").glob("*/*.state"), key=lambda path: int(path.stem))
    assert len(states) == 2
    states[-1].write_bytes(states[-1].read_bytes()[:-20])
    own_account.start()
    assert own_account.client("ssm").get_parameter(Name="/v")["Parameter"]["Value"] == "two"
    assert "using the save before it" in own_account.log.read_text()


def test_damage_of_both_saves_is_a_clear_error(own_account: Any) -> None:
    own_account.client("ssm").put_parameter(Name="/v", Value="x", Type="String")
    own_account.stop()
    for path in (own_account.home.state / "ssm").glob("*/*.state"):
        path.write_bytes(b"\0" * 100)
    refused = own_account.run()
    assert refused.returncode == 1
    assert "the saved state of ssm 100000000001 eu-west-1 is damaged" in refused.stderr
    assert "hint: " in refused.stderr and "Traceback" not in refused.stderr


def test_state_of_another_moto_is_refused_by_name(own_account: Any) -> None:
    own_account.client("ssm").put_parameter(Name="/v", Value="x", Type="String")
    own_account.stop()
    for path in (own_account.home.state / "ssm").glob("*/*.state"):
        header, _, payload = path.read_bytes().partition(b"\n")
        path.write_bytes(json.dumps(json.loads(header) | {"moto": "5.9.9"}).encode() + b"\n" + payload)
    refused = own_account.run()
    assert refused.returncode == 1
    assert "saved by moto 5.9.9" in refused.stderr and "Traceback" not in refused.stderr


def test_what_is_saved_is_for_its_owner_only(own_account: Any) -> None:
    own_account.client("ssm").put_parameter(Name="/v", Value="x", Type="String")
    own_account.stop()
    assert own_account.home.state.stat().st_mode & 0o077 == 0
    files = [path for path in own_account.home.state.rglob("*") if path.is_file()]
    assert files and all(path.stat().st_mode & 0o077 == 0 for path in files)
