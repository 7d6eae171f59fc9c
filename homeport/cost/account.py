"""What an account costs before anything runs in it: what watches it, its keys, parameters and names."""

from collections.abc import Iterator

from homeport.cost import assumptions as assume
from homeport.cost.layout import Layout
from homeport.cost.line import ACCOUNT, NOTHING, Amount, Use, fixed
from homeport.cost.place import Place

ORGANISATION = ("management", "security", "shared")  # accounts that hold no environment


def baseline_uses(layout: Layout, items: Amount, part: str = "", log_gb: Amount = NOTHING) -> Iterator[Use]:
    """Of one account; `log_gb` is what its network writes, which GuardDuty reads whether it is kept or not."""
    if layout.baseline == "none":
        return
    yield Use(price="cloudtrail.first", amount=fixed(1), item="CloudTrail, first trail", kind="account", part=part)
    yield Use(price="config.item", amount=items, item="Config: recorded changes", kind="account", part=part)
    if layout.baseline == "guarded":
        events = assume.GUARDDUTY_EVENTS
        yield Use(price="guardduty.event", amount=events, item="GuardDuty: events", kind="account", part=part)
        yield Use(price="guardduty.log-gb", amount=log_gb, item="GuardDuty: logs", kind="account", part=part)


def secret_uses(count: Amount) -> list[Use]:
    """Secrets Manager, which Homeport does without: its config is in SSM parameters, which are free."""
    return [Use(price="secret.month", amount=count, item="secrets", kind="account")]


def zone_uses(count: Amount) -> list[Use]:
    """Hosted zones of Route 53."""
    return [Use(price="route53.zone", amount=count, item="hosted zones", kind="account")]


def account_uses(place: Place) -> Iterator[Use]:
    """Of an environment's account."""
    logs = place.measured(None, assume.GUARDDUTY_LOG_GB)
    yield from baseline_uses(place.layout, assume.CONFIG_ITEMS, log_gb=logs)
    parameters = sum(2 for _ in place.platform.databases) + len(place.platform.services)
    yield Use(price="ssm.standard", amount=fixed(parameters), item="parameters (config)", kind="account")
    yield Use(price="kms.request", amount=assume.KMS_REQUESTS, item="decryption of parameters", kind="account")
    zones = place.platform.environments[place.name].zones
    if zones or place.is_production:  # domains themselves and their certificates cost nothing
        yield from zone_uses(fixed(len(zones)) if zones else assume.ZONES)
        yield Use(price="route53.query", amount=assume.QUERIES, item="DNS queries", kind="account")


def organisation_uses(layout: Layout, region: str) -> Iterator[Use]:
    """Of the accounts that hold no environment."""
    for name in ORGANISATION:
        for use in baseline_uses(layout, assume.CONFIG_ITEMS_QUIET, f"{ACCOUNT}{name}"):
            yield Use(
                price=use.price, amount=use.amount, item=use.item, kind=use.kind, part=f"{ACCOUNT}{name}", region=region
            )
