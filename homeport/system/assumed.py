"""boto3 clients in an account that is reached by assuming a role."""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import HomeportError


def assumed_client(service: str, role_arn: str, region: str) -> Any:
    """A client that acts as `role_arn`, assumed with the user's own credentials. Raises HomeportError if it may not."""
    try:
        answer = boto3.client("sts", region_name=region).assume_role(RoleArn=role_arn, RoleSessionName="homeport")
    except (BotoCoreError, ClientError) as error:
        account, role = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        raise HomeportError(
            f"account {account}: may not assume role {role}: {error}",
            "log in with credentials that may assume it (aws sso login, or AWS_PROFILE=…)",
        ) from error
    keys = answer["Credentials"]
    return boto3.client(
        service,
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
