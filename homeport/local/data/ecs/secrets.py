"""`secrets` of a container → values, through the AWS API as the ECS agent does it, in the task's own account."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.local.data.ecs.definition import Secret
from homeport.local.data.ecs.failure import TaskFailed

AT_ONCE = 10  # GetParameters takes no more names

Aws = Callable[[str, str, str], Any]


async def read_secrets(secrets: Sequence[Secret], aws: Aws, account: str, region: str) -> dict[str, str]:
    """Variable → value. TaskFailed, in ECS's words, if one cannot be had; no value is ever in the message."""
    managed = [secret for secret in secrets if ":secretsmanager:" in secret.value_from]
    parameters = [secret for secret in secrets if secret not in managed]
    found, values = await asyncio.gather(
        asyncio.to_thread(_parameters, parameters, aws, account, region),
        asyncio.gather(*(asyncio.to_thread(_managed, secret, aws, account, region) for secret in managed)),
    )
    return found | dict(zip((secret.name for secret in managed), values, strict=True))


def _parameters(secrets: Sequence[Secret], aws: Aws, account: str, region: str) -> dict[str, str]:
    values: dict[str, str] = {}
    by_region: dict[str, list[str]] = {}
    for secret in secrets:
        where, name = _parameter(secret.value_from, region)
        by_region.setdefault(where, []).append(name)
    for where, names in by_region.items():
        for start in range(0, len(names), AT_ONCE):
            batch = sorted(set(names[start : start + AT_ONCE]))
            try:
                answer = aws("ssm", account, where).get_parameters(Names=batch, WithDecryption=True)
            except (BotoCoreError, ClientError) as error:
                raise _unable("ssm", str(error)) from error
            if missing := answer.get("InvalidParameters"):
                raise _unable("ssm", f"invalid parameters: {', '.join(missing)}")
            values |= {f"{where} {parameter['Name']}": parameter["Value"] for parameter in answer["Parameters"]}
    return {secret.name: values[" ".join(_parameter(secret.value_from, region))] for secret in secrets}


def _parameter(value_from: str, region: str) -> tuple[str, str]:
    """Region and name of a parameter given by name or ARN. A name with a path begins with a slash, in an ARN too."""
    if not value_from.startswith("arn:"):
        return region, value_from
    parts = value_from.split(":", 5)
    name = parts[5].removeprefix("parameter")
    return parts[3], name if "/" in name.removeprefix("/") else name.removeprefix("/")


def _managed(secret: Secret, aws: Aws, account: str, region: str) -> str:
    """`arn:…:secret:NAME[:JSON KEY:VERSION STAGE:VERSION ID]`."""
    parts = secret.value_from.split(":")
    arn, (key, stage, version) = ":".join(parts[:7]), (*parts[7:10], "", "", "")[:3]
    wanted = {name: value for name, value in (("VersionStage", stage), ("VersionId", version)) if value}
    try:
        text = aws("secretsmanager", account, parts[3] or region).get_secret_value(SecretId=arn, **wanted)[
            "SecretString"
        ]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise _unable("asm", f"{arn}: {error}") from error
    if not key:
        return str(text)
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError):
        raise _unable("asm", f"retrieved secret from Secrets Manager did not contain json key {key}") from None
    return value if isinstance(value, str) else json.dumps(value)


def _unable(store: str, why: str) -> TaskFailed:
    return TaskFailed(
        "ResourceInitializationError: unable to pull secrets or registry auth: "
        f"unable to retrieve secrets from {store}: {why}"
    )
