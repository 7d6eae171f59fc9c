"""S3: bucket policies. Upstream takes a statement whose condition it cannot check for a refusal, even of an Allow.

So the usual "deny what does not come over TLS", or "let this distribution in", shut everybody out. Such statements say
nothing here: conditions and the principals they are meant for are not enforced on this machine.
"""

import json
from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    @replace(FakeBucket, "get_permission")
    def get_permission(original: Any, bucket: Any, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return PermissionResult.NEUTRAL
        document = json.loads(bucket.policy.decode())
        statements = document["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        certain = [statement for statement in statements if "Condition" not in statement]
        return IAMPolicy(json.dumps({**document, "Statement": certain})).is_action_permitted(action, resource)
