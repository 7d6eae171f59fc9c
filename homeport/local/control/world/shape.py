"""moto's objects in the shapes of AWS's describe calls, as plain JSON values.

moto stores attributes under names of its own; its serializer finds them by botocore's model of the service. The same
search is used here, so whatever a real describe call would answer is here too, under the names that boto3 has.
"""

import base64
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import get_service_model


def describe(service: str, operation: str, result: Mapping[str, Any], transformers: Any = None) -> dict[str, Any]:
    """`result` as the output of `operation` (botocore's names). `transformers` as moto's response class has them."""
    model = _operation(service, operation)
    walker = _Walker(model, XFormedAttributePicker(response_transformers=transformers or {}))
    shape = model.output_shape
    described: dict[str, Any] = walker.walk(result, shape, shape.name)
    return described


@lru_cache
def _operation(service: str, operation: str) -> Any:
    return get_service_model(service).operation_model(operation)


class _Walker:
    def __init__(self, operation: Any, pick: XFormedAttributePicker) -> None:
        self._operation = operation
        self._pick = pick

    def walk(self, value: Any, shape: Any, path: str) -> Any:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(value, shape, path)
        if kind == "list":
            return [self.walk(item, shape.member, f"{path}.{shape.member.name}") for item in value]
        if kind == "map":
            return {str(key): self.walk(item, shape.value, path) for key, item in value.items()}
        return _scalar(value, kind)

    def _structure(self, value: Any, shape: Any, path: str) -> dict[str, Any]:
        found = {}
        for key, member in shape.members.items():
            member.parent = shape  # as moto's serializer does: some attributes are found by their parent's name
            context = AttributePickerContext(
                obj=value,
                key=key,
                shape=member,
                operation_model=self._operation,
                service_model=self._operation.service_model,
                key_path=path,
            )
            item = self._pick(context)
            if item is not None and not callable(item):
                found[key] = self.walk(item, member, f"{path}.{key}")
        return found


def _scalar(value: Any, kind: str) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "timestamp":
        return value  # epoch seconds or text, as moto has it
    return str(value.value) if hasattr(value, "value") else str(value)
