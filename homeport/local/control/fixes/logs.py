"""CloudWatch Logs: a metric filter changes. Upstream adds a second one of the same name, and shows the first."""

from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
    from moto.logs.metric_filters import MetricFilters

    @replace(MetricFilters, "add_filter")
    def add_filter(original: Any, filters: Any, filter_name: str, *args: Any, **kwargs: Any) -> None:
        log_group = kwargs.get("log_group_name", args[1] if len(args) > 1 else None)
        filters.delete_filter(filter_name, log_group)
        original(filters, filter_name, *args, **kwargs)
