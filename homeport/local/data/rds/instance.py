"""What is declared of one db instance, as far as it matters here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.local.data.context import Resource

ENGINES = ("postgres",)


@dataclass(frozen=True)
class Instance:
    """One PostgreSQL to run. `created` tells an instance from an earlier one of the same name."""

    arn: str
    account: str
    region: str
    identifier: str
    engine: str
    major: str
    port: int
    user: str
    password: str | None = field(repr=False)
    database: str | None
    parameters: Mapping[str, str]
    created: str


def convert_instance(resource: Resource) -> Instance:
    """A db instance of the feed."""
    state = resource.state
    return Instance(
        arn=resource.arn,
        account=resource.account,
        region=resource.region,
        identifier=state["DBInstanceIdentifier"],
        engine=state["Engine"],
        major=str(state["EngineVersion"]).partition(".")[0],
        port=int(state["Endpoint"]["Port"]),
        user=state.get("MasterUsername") or "postgres",
        password=state.get("MasterUserPassword"),
        database=state.get("DBName"),
        parameters={str(name): str(value) for name, value in (state.get("Parameters") or {}).items()},
        created=str(state.get("InstanceCreateTime", "")),
    )
