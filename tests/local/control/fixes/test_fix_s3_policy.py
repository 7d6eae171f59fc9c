"""Bucket policies with conditions do not shut everybody out."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import FakeBucket

from homeport.local.control.fixes import s3

ONLY_OVER_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::shelf/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
NEVER_DELETE = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::shelf/*"}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(FakeBucket, "get_permission", FakeBucket.get_permission)  # put back what the fix replaces
    s3.apply()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="shelf")
        yield client


def test_a_policy_that_asks_for_tls_lets_the_owner_read(bucket: Any) -> None:
    bucket.put_bucket_policy(Bucket="shelf", Policy=json.dumps({"Statement": [ONLY_OVER_TLS]}))
    bucket.put_object(Bucket="shelf", Key="book", Body=b"text")
    assert bucket.get_object(Bucket="shelf", Key="book")["Body"].read() == b"text"


def test_a_refusal_without_conditions_still_holds(bucket: Any) -> None:
    bucket.put_bucket_policy(Bucket="shelf", Policy=json.dumps({"Statement": [ONLY_OVER_TLS, NEVER_DELETE]}))
    bucket.put_object(Bucket="shelf", Key="book", Body=b"text")
    with pytest.raises(bucket.exceptions.ClientError, match="Forbidden|AccessDenied"):
        bucket.delete_object(Bucket="shelf", Key="book")
