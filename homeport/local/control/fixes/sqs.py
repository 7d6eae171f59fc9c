"""SQS: the attributes of a queue.

Upstream never answers RedriveAllowPolicy, and RedrivePolicy with spaces that AWS does not put there (Terraform takes
them for a change); any update forgets the policy. It counts visible and hidden messages one after the other, so that a
message which becomes visible in between is in neither number.
"""

import json
from collections.abc import Iterable
from typing import Any

from homeport.local.control.seams.replace import replace

REDRIVE_ALLOW = "RedriveAllowPolicy"


def apply() -> None:
    from moto.core.utils import unix_time_millis
    from moto.sqs.models import Queue

    Queue.BASE_ATTRIBUTES.append(REDRIVE_ALLOW)  # upstream stores it, and refuses to be asked for it
    Queue.redrive_allow_policy = None

    @replace(Queue, "_set_attributes")
    def set_attributes(original: Any, queue: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        """Upstream takes a call that does not name the policy for one that removes it."""
        policy = getattr(queue, "policy", None)
        original(queue, attributes, now)
        if "Policy" not in attributes:
            queue.policy = policy

    stock = Queue.attributes.fget

    def attributes(queue: Any) -> dict[str, Any]:
        found: dict[str, Any] = stock(queue) | count(queue._messages, unix_time_millis())
        if queue.redrive_policy:
            found["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=(",", ":"))
        return {name: value for name, value in found.items() if name != REDRIVE_ALLOW or value}

    Queue.attributes = property(attributes)


def count(messages: Iterable[Any], now: float) -> dict[str, int]:
    """How many of moto's messages are in which state at `now` (ms since 1970), by its rules: each in one of them."""
    hidden = delayed = visible = 0
    for message in messages:
        if now <= message.visible_at:
            hidden += 1
        elif now < message.delayed_until:
            delayed += 1
        else:
            visible += 1
    return {
        "ApproximateNumberOfMessages": visible,
        "ApproximateNumberOfMessagesDelayed": delayed,
        "ApproximateNumberOfMessagesNotVisible": hidden,
    }
