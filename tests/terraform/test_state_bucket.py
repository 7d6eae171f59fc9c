"""The bucket of Terraform's states: made once, finished if it was left half made."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from homeport.errors import HomeportError
from homeport.terraform.state_bucket import ensure_state_bucket

BUCKET = "shop-prod-terraform-210000000002"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    for key in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(key, raising=False)
    with mock_aws():
        yield boto3.client("s3", region_name="eu-west-1")


def is_safe(s3: Any) -> bool:
    versioning = s3.get_bucket_versioning(Bucket=BUCKET).get("Status")
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    statement = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"][0]
    return (
        versioning == "Enabled"
        and encryption[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        and all(blocked.values())
        and statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


def test_the_bucket_is_versioned_encrypted_private_and_over_tls_only(s3: Any) -> None:
    ensure_state_bucket(s3, BUCKET, "eu-west-1")
    assert is_safe(s3)
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == "eu-west-1"


def test_a_bucket_that_was_left_half_made_is_finished(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    ensure_state_bucket(s3, BUCKET, "eu-west-1")
    ensure_state_bucket(s3, BUCKET, "eu-west-1")
    assert is_safe(s3)


def test_the_first_region_takes_no_location(s3: Any) -> None:
    virginia = boto3.client("s3", region_name="us-east-1")
    ensure_state_bucket(virginia, BUCKET, "us-east-1")
    assert is_safe(virginia)


def test_a_name_that_another_account_has_is_a_clear_error(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    with pytest.raises(HomeportError, match=f"bucket {BUCKET}, which holds Terraform's states") as caught:
        ensure_state_bucket(s3, BUCKET, "eu-west-1")
    assert "another name" in caught.value.hint
