"""`homeport.usage.yml`: what a platform uses and costs on Heroku today, measured or assumed, each with its source.

`homeport import` writes it beside homeport.yml, people correct it, `homeport estimate` reads it. It holds no secret.
Names of services, databases and so on are those of homeport.yml.
"""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from homeport.model.platform import Model

Basis = Literal["fixed", "measured", "assumed"]
Z95 = 1.6448536269514722  # the standard normal's 95th percentile
TAIL = 4.0  # p95 of p50 where only one number is known, as web applications tend to have it


class Quantity(Model):
    """A number and how it is known. In the file also short: a plain number is measured by a person."""

    typical: float = Field(ge=0, description="The value that totals are made of.")
    low: float | None = Field(None, ge=0, description="The least it may be; default: `typical`.")
    high: float | None = Field(None, ge=0, description="The most it may be; default: `typical`.")
    basis: Basis = Field("measured", description="`fixed`, `measured` or `assumed`.")
    source: str = Field("", description="Where the number comes from.")

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: object) -> object:
        return {"typical": value} if isinstance(value, int | float | str) else value


class Charge(Model):
    """One line of the Heroku bill, of one month."""

    app: str = Field("", description="The Heroku app that is billed; empty for the team's own.")
    environment: str = Field("", description="The environment that it became; empty if shared or not moved.")
    part: str = Field("", description="The service, database or cache that it became; empty if not moved.")
    item: str = Field(description="What is billed: `web: 2 x Standard-1X`, `heroku-postgresql:standard-0`.")
    cents: int | None = Field(None, ge=0, description="A month's price in US cents; empty if unknown.")
    source: str = Field("", description="Where the price comes from: `billed_price`, `dyno-sizes`, a price book.")
    moves: bool = Field(True, description="False: goes on being paid to Heroku's vendor after the move.")


class HerokuInvoice(Model):
    """A month as Heroku billed it."""

    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    total_cents: int = Field(ge=0)


class HerokuBill(Model):
    """What the team pays Heroku today."""

    charges: tuple[Charge, ...] = Field((), description="Lines of the bill.")
    invoices: tuple[HerokuInvoice, ...] = Field((), description="The last invoices, to compare the lines with.")


class ServiceUsage(Model):
    """Of one service or function in one environment, a month."""

    requests: Quantity | None = Field(None, description="HTTP requests, or invocations of a function.")
    response_kb: Quantity | None = Field(None, description="Average response in KB.")
    egress_gb: Quantity | None = Field(None, description="Traffic to the internet beyond responses.")
    log_gb: Quantity | None = Field(None, description="Logs written.")
    duration_ms: Quantity | None = Field(None, description="Average time of a request or invocation.")
    p50_ms: float | None = Field(None, gt=0, description="Half of the requests take less, without waiting.")
    p95_ms: float | None = Field(None, gt=0, description="95 % of the requests take less, without waiting.")
    tasks: dict[str, Quantity] = Field({}, description="Average number of running tasks by process.")
    run_minutes: dict[str, Quantity] = Field({}, description="Average minutes that a run takes, by schedule.")


class DataUsage(Model):
    """Of one database, cache, bucket or site in one environment."""

    storage_gb: Quantity | None = Field(None, description="Data stored.")
    backup_gb: Quantity | None = Field(None, description="Backups beyond the size of the database.")
    requests: Quantity | None = Field(None, description="Requests a month, of a bucket or site.")
    served_gb: Quantity | None = Field(None, description="What clients download a month, of a bucket or site.")


class EnvironmentUsage(Model):
    services: dict[str, ServiceUsage] = Field({}, description="By name; functions too.")
    data: dict[str, DataUsage] = Field({}, description="By name: databases, caches, buckets, sites.")
    nat_gb: Quantity | None = Field(None, description="Traffic through the NAT gateways.")
    mails: Quantity | None = Field(None, description="Mails sent a month.")
    users: Quantity | None = Field(None, description="Users who sign in each month.")


class Usage(Model):
    """The whole file."""

    heroku: HerokuBill = Field(HerokuBill(), description="Today's bill.")
    environments: dict[str, EnvironmentUsage] = Field({}, description="By the names of homeport.yml.")


def mean_of(p50: float, p95: float) -> float:
    """Of the lognormal distribution with these percentiles."""
    sigma = math.log(p95 / p50) / Z95
    return p50 * math.exp(sigma**2 / 2)
