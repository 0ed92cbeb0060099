"""What is left of the Hub's quota, computed at each scrape: after a reset the last answer's figure is history."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.hub.quota import Quota

# The Hub names its budgets; a label must not take whatever a server says.
BUDGETS: Final = ("api", "resolvers", "pages")


def register(quota: Quota, service: str, registry: CollectorRegistry) -> None:
    """Add a service's gauges to its registry."""
    registry.register(_Left(quota, f"arcwatch_{service}_hub_quota"))


class _Left(Collector):
    def __init__(self, quota: Quota, prefix: str) -> None:
        self._quota = quota
        self._prefix = prefix

    def collect(self) -> Iterable[Metric]:
        left = GaugeMetricFamily(f"{self._prefix}_left_requests", "Requests left of the Hub's quota", labels=["budget"])
        limit = GaugeMetricFamily(
            f"{self._prefix}_limit_requests", "Requests that the Hub allows in five minutes", labels=["budget"]
        )
        for name in BUDGETS:
            if (budget := self._quota.budgets.get(name)) is not None:
                left.add_metric([name], self._quota.left(name))
                if budget.quota is not None:
                    limit.add_metric([name], budget.quota)
        return left, limit
