"""Where moto only pretends, handed to what is real here: one module per AWS service, each with `apply(…)`."""

from collections.abc import Callable
from typing import Any

from homeport.local.control.changes import Unit
from homeport.local.control.deliveries import Delivery
from homeport.local.control.seams import (
    addresses,
    cognito,
    ecs,
    elbv2,
    events,
    iam,
    lambda_,
    logs,
    s3,
    ses,
    sns,
    sqs,
    sqs_moves,
)
from homeport.local.home import Home
from homeport.local.ports import Ports


def apply_all(
    home: Home, ports: Ports, journal: Callable[[Unit, Any], None], deliver: Callable[[Delivery], None]
) -> s3.Objects:
    """Apply every seam, once, before the state is loaded. The folder of S3's objects is for the store to sweep."""
    addresses.apply(ports)
    cognito.apply(home.keys, home.mail)
    ecs.apply()
    elbv2.apply()
    events.apply(deliver)
    iam.apply()
    lambda_.apply(home, deliver)
    logs.apply()
    ses.apply(home.mail)
    sns.apply(deliver)
    sqs.apply(journal)
    sqs_moves.apply(journal)
    return s3.apply(home.state / "objects", journal)
