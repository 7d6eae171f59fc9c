"""The bucket that holds the states of an environment's stacks, in the environment's own account.

It is made before Terraform first runs, as Terraform cannot make the place where it keeps what it made.
"""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import HomeportError

OURS_ALREADY = {"BucketAlreadyOwnedByYou"}


def ensure_state_bucket(s3: Any, bucket: str, region: str) -> None:
    """Make the bucket: versioned, encrypted, private, over TLS only. `s3` is a boto3 client of the account.

    May be called again at any time: a bucket that was left half made is finished.
    """
    try:
        _create(s3, bucket, region)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        aes = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [aes]})
        blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_only_over_tls(bucket)))
    except (BotoCoreError, ClientError) as error:
        raise HomeportError(f"bucket {bucket}, which holds Terraform's states: {error}", _hint(error)) from error


def _create(s3: Any, bucket: str, region: str) -> None:
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except ClientError as error:
        if error.response["Error"]["Code"] not in OURS_ALREADY:
            raise


def _only_over_tls(bucket: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _hint(error: Exception) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code == "BucketAlreadyExists":
        return "another AWS account has a bucket of this name; give the platform another name"
    return "log in to the environment's account with rights to make buckets"
