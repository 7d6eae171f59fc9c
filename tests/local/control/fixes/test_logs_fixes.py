from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration


def test_a_metric_filter_changes(client: Callable[[str], Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="filtered")
    metric = {"metricName": "Errors", "metricNamespace": "Gate", "metricValue": "1"}
    for pattern in ("ERROR", "FATAL"):
        logs.put_metric_filter(
            logGroupName="filtered", filterName="errors", filterPattern=pattern, metricTransformations=[metric]
        )
    found = logs.describe_metric_filters(logGroupName="filtered")["metricFilters"]
    assert [item["filterPattern"] for item in found] == ["FATAL"]
