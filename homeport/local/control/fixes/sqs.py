"""SQS: the attributes of a queue.

Upstream never answers RedriveAllowPolicy, and RedrivePolicy with spaces that AWS does not put there (Terraform takes
them for a change); any update forgets the policy.
"""

import json
from typing import Any

from homeport.local.control.seams.replace import replace

REDRIVE_ALLOW = "RedriveAllowPolicy"


def apply() -> None:
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
        found: dict[str, Any] = stock(queue)
        if queue.redrive_policy:
            found["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=(",", ":"))
        return {name: value for name, value in found.items() if name != REDRIVE_ALLOW or value}

    Queue.attributes = property(attributes)
