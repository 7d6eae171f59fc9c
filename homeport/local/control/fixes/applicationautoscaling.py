"""Application Auto Scaling: tags, and policies that change.

Upstream has no ListTagsForResource, TagResource and UntagResource, and leaves behind the alarms that a policy had
before it changed.
"""

import json
from typing import Any

from homeport.local.control.fixes.add import add
from homeport.local.control.seams.replace import replace


def apply() -> None:
    _policies()
    _tagging()


def _policies() -> None:
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeApplicationAutoscalingPolicy

    @replace(ApplicationAutoscalingBackend, "put_scaling_policy")
    def put(original: Any, backend: Any, **given: Any) -> Any:
        named = (given[name] for name in ("service_namespace", "resource_id", "scalable_dimension", "policy_name"))
        before = backend.policies.get(FakeApplicationAutoscalingPolicy.formulate_key(*named))
        policy = original(backend, **given)
        if before is not None:
            before.delete_alarms(backend.account_id, backend.region_name)
        return policy


def _tagging() -> None:
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    @replace(ApplicationAutoScalingResponse, "register_scalable_target")
    def register(original: Any, response: Any) -> Any:
        """Upstream drops the tags of a new target."""
        answer = original(response)
        _tag(_target(response, json.loads(answer)["ScalableTargetARN"]), response._get_param("Tags") or {})
        return answer

    @add(ApplicationAutoScalingResponse)
    def list_tags_for_resource(response: Any) -> str:
        return json.dumps({"Tags": _tags(_target(response, response._get_param("ResourceARN")))})

    @add(ApplicationAutoScalingResponse)
    def tag_resource(response: Any) -> str:
        _tag(_target(response, response._get_param("ResourceARN")), response._get_param("Tags"))
        return "{}"

    @add(ApplicationAutoScalingResponse)
    def untag_resource(response: Any) -> str:
        target = _target(response, response._get_param("ResourceARN"))
        gone = response._get_param("TagKeys")
        target.tags = {key: value for key, value in _tags(target).items() if key not in gone}
        return "{}"


def _tags(target: Any) -> dict[str, str]:
    found: dict[str, str] = getattr(target, "tags", {})
    return found


def _tag(target: Any, tags: dict[str, str]) -> None:
    target.tags = _tags(target) | tags


def _target(response: Any, arn: str) -> Any:
    from moto.core.exceptions import JsonRESTError

    for targets in response.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                return target
    raise JsonRESTError("ResourceNotFoundException", f"No scalable target was found for {arn}")
