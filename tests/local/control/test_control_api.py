"""The API's surface: which account a call acts in, what fails and how, and what is refused."""

import socket
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.errors import HomeportError
from homeport.local.control import embedded

pytestmark = pytest.mark.integration
MANAGEMENT = "100000000000"


def test_the_access_key_names_the_account(account: Any) -> None:
    for number in (MANAGEMENT, "100000000001", "123456789012"):
        assert account.client("sts", number).get_caller_identity()["Account"] == number


def test_an_unknown_key_is_the_management_account(account: Any) -> None:
    client = boto3.client(
        "sts",
        endpoint_url=account.url,
        region_name="eu-west-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x",
    )
    assert client.get_caller_identity()["Account"] == MANAGEMENT


def test_the_apply_role_leads_into_the_local_account(account: Any) -> None:
    role = account.client("iam").get_role(RoleName="homeport-apply")["Role"]
    sts = account.client("sts", MANAGEMENT)
    credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    assumed = boto3.client(
        "sts",
        endpoint_url=account.url,
        region_name="eu-west-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    assert assumed.get_caller_identity()["Account"] == "100000000001"


def test_accounts_do_not_see_each_other(account: Any) -> None:
    here, there = account.client("sqs"), account.client("sqs", "100000000002")
    here.create_queue(QueueName="isolated")
    with pytest.raises(ClientError, match="NonExistentQueue"):
        there.get_queue_url(QueueName="isolated")
    account.client("ssm").put_parameter(Name="/isolated", Value="here", Type="String")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        account.client("ssm", "100000000002").get_parameter(Name="/isolated")


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "describe_fpga_images", {}),  # ec2
        ("redshift", "describe_hsm_configurations", {}),  # query
        ("ecs", "list_service_deployments", {"service": "x"}),  # json
        ("apigatewayv2", "export_api", {"ApiId": "x", "OutputType": "JSON", "Specification": "OAS30"}),  # rest-json
        ("cloudfront", "list_streaming_distributions", {}),  # rest-xml
        ("kendra", "list_indices", {}),  # no such service in moto
    ],
)
def test_what_is_not_implemented_fails_at_once(
    account: Any, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    client = account.client(service)
    start = time.monotonic()
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0
    assert answer["Error"]["Code"] in ("NotImplemented", "UnknownService")
    assert answer["Error"]["Message"]
    assert time.monotonic() - start < 5


def test_nothing_is_tunnelled(account: Any) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(account.url).port), timeout=5) as connection:
        connection.sendall(b"CONNECT sts.amazonaws.com:443 HTTP/1.1\r\nHost: sts.amazonaws.com:443\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 405")


def test_an_absolute_address_is_answered_as_by_a_proxy(account: Any) -> None:
    client = boto3.client(
        "s3control",
        region_name="eu-west-1",
        endpoint_url="http://s3-control.eu-west-1.amazonaws.com",
        aws_access_key_id="HOMEPORT100000000001",
        aws_secret_access_key="x",
        config=Config(proxies={"http": account.url}),
    )
    settings = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    client.put_public_access_block(AccountId="100000000001", PublicAccessBlockConfiguration=settings)
    found = client.get_public_access_block(AccountId="100000000001")
    assert found["PublicAccessBlockConfiguration"] == settings


def test_a_foreign_host_is_refused(account: Any) -> None:
    answer = httpx.get(account.url, headers={"Host": "rebound.example.com"}, trust_env=False)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["feed", "observed", "deliveries", "deliveries/x", "anything"])
@pytest.mark.parametrize("authorization", ["", "Bearer x", "Bearer token-of-a-test-not"])
def test_our_own_paths_need_the_token(account: Any, path: str, authorization: str) -> None:
    for method in ("GET", "POST"):
        url = f"{account.url}/_homeport/{path}"
        assert httpx.request(method, url, headers={"Authorization": authorization}, trust_env=False).status_code == 401


def test_a_client_that_asks_before_it_sends_a_body_is_told_to_go_on(account: Any) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="expect", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    start = time.monotonic()
    for number in range(5):
        s3.put_object(Bucket="expect", Key=str(number), Body=b"x" * 2_000_000)
    assert time.monotonic() - start < 4  # botocore waits a second for the answer, then sends anyway


def test_policies_that_aws_manages_can_be_attached(account: Any) -> None:
    iam = account.client("iam")
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument="{}")
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    assert [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"]] == [arn]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "AWSLambdaBasicExecutionRole"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.attach_role_policy(RoleName="managed", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")


def test_any_other_moto_is_refused() -> None:
    with pytest.raises(HomeportError, match=r"moto 5\.2\.4 is installed"):
        embedded.check_version("5.2.4")


def test_a_start_reads_no_list_of_where_instances_are_to_be_had() -> None:
    """A quarter of the time and a third of the memory of importing EC2; another moto may read it in another way."""
    program = """
from homeport.local.control import embedded
embedded.prepare()
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
print(sum(len(offered) for regions in INSTANCE_TYPE_OFFERINGS.values() for offered in regions.values()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
