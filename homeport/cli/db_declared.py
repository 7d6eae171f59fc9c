"""An environment and a database of homeport.yml → the server that runs for it, with the password that Terraform made.

The address is RDS's own answer, the password the parameter that `modules/database` writes.
"""

import difflib
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.errors import HomeportError
from homeport.local import aws
from homeport.local.account import control_url
from homeport.local.home import find_home
from homeport.model import names
from homeport.model.load import load_platform
from homeport.postgres.server import LOOPBACK, Server
from homeport.system.assumed import assumed_client
from homeport.terraform.roots import LOCAL, Place, find_place

MISSING = ("DBInstanceNotFound", "DBInstanceNotFoundFault", "ParameterNotFound")


def find_database(file: Path, environment: str, name: str, what: str) -> Server:
    """The database as its master user reaches it. HomeportError if it is not declared, or not there yet."""
    place = find_place(load_platform(file), environment)
    shown = f"{what} ({environment}/{name})"
    if name not in place.platform.databases:
        close = difflib.get_close_matches(name, place.platform.databases, n=3) or list(place.platform.databases)
        raise HomeportError(
            f"{shown}: {file} declares no such database in {environment}",
            f"it declares: {', '.join(close)}" if close else "add it under databases:",
        )
    identifier = names.database(*place.prefix, name)
    parameter = names.parameter(environment, f"databases/{name}", "PASSWORD")
    try:
        instance = _client(file, place, "rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
        found = _client(file, place, "ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
    except (ClientError, BotoCoreError) as error:
        raise _explain(error, shown, environment) from None
    return convert_instance(instance, str(found["Value"]), shown)


def convert_instance(instance: dict[str, Any], password: str, shown: str) -> Server:
    """An instance as RDS describes it, and its password, as a server."""
    endpoint = instance.get("Endpoint") or {}
    if not endpoint.get("Address"):
        status = instance.get("DBInstanceStatus", "being made")
        raise HomeportError(f"{shown}: has no address yet: it is {status}", "try again in a few minutes")
    host = str(endpoint["Address"])
    return Server(
        host=host,
        port=int(endpoint["Port"]),
        user=str(instance["MasterUsername"]),
        database=str(instance.get("DBName") or "postgres"),
        password=password,
        ssl_mode="prefer" if host in LOOPBACK else "require",
    )


def _client(file: Path, place: Place, service: str) -> Any:
    if place.name == LOCAL:
        return aws.client(service, control_url(find_home(file)), place.account, place.platform.region)
    return assumed_client(service, names.apply_role(place.account), place.platform.region)


def _explain(error: ClientError | BotoCoreError, shown: str, environment: str) -> HomeportError:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in MISSING:
        make = "homeport up" if environment == LOCAL else f"homeport apply {environment}"
        return HomeportError(f"{shown}: is declared, and not there yet", f"make it: {make}")
    return HomeportError(f"{shown}: {error}", "may these credentials read RDS instances and SSM parameters?")
