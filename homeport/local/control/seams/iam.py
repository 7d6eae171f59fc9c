"""IAM: policies that AWS manages are there when they are asked for; moto would keep all 1,400 per account (90 MB)."""

import json
from typing import Any

from homeport.local.control.seams.replace import replace

PREFIX = "arn:aws:iam::aws:policy/"
BY_ARN = (
    *("attach_role_policy", "attach_user_policy", "attach_group_policy"),
    *("get_policy", "get_policy_version", "list_policy_versions"),
)


def apply() -> None:
    from moto.iam import models

    for name in BY_ARN:

        @replace(models.IAMBackend, name)
        def by_arn(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
            for value in (*args, *kwargs.values()):
                if isinstance(value, str) and value.startswith(PREFIX) and value not in backend.managed_policies:
                    backend.managed_policies.update(_managed(backend, value))
            return original(backend, *args, **kwargs)

    @replace(models.IAMBackend, "list_policies")
    def list_all(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        kept = backend.managed_policies
        backend.managed_policies = _managed(backend, None) | kept
        try:
            return original(backend, *args, **kwargs)
        finally:
            backend.managed_policies = kept

    # Who used a key when is written at every call, and would make every call a change.
    models.mark_account_as_visited = lambda **_: None


def _managed(backend: Any, arn: str | None) -> dict[str, Any]:
    """One policy that AWS manages, or all; none if AWS has no such policy."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy

    policies = json.loads(aws_managed_policies_data)
    found = (
        AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in policies.items()
        if arn is None or f"arn:aws:iam::aws:policy{data['Path']}{name}" == arn
    )
    return {policy.arn: policy for policy in found}
