"""What a service asks of the Hub: requests by outcome, waits, and what is left of the quota.

The latter is computed at each scrape: after a reset the last answer's figure is history.
"""

from collections.abc import Iterable
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.hub.quota import GIT, Quota
from common.hub.responses import RequestOutcome

# The Hub names its budgets; a label must not take whatever a server says. What git requests are charged to is shown
# as git's where it is none of the others.
BUDGETS: Final = ("api", "resolvers", "pages", GIT)


class HubMetrics:
    """One service's metrics of the Hub, and the quota that they show."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        name = f"arcwatch_{service}_hub"
        self._requests = Counter(f"{name}_requests", "Requests to the Hub", ["outcome"], registry=registry)
        throttled = Counter(f"{name}_throttled_seconds", "Time spent waiting for the Hub's quota", registry=registry)
        # A counter that appears with 1 has not increased, for Prometheus: the first failure would go unseen.
        for outcome in get_args(RequestOutcome):
            self._requests.labels(outcome)
        self.quota = Quota(on_wait=throttled.inc)
        registry.register(_Left(self.quota, f"{name}_quota"))

    def requested(self, outcome: RequestOutcome) -> None:
        """Count a request to the Hub."""
        self._requests.labels(outcome).inc()


class _Left(Collector):
    def __init__(self, quota: Quota, prefix: str) -> None:
        self._quota = quota
        self._prefix = prefix

    def collect(self) -> Iterable[Metric]:
        left = GaugeMetricFamily(f"{self._prefix}_left_requests", "Requests left of the Hub's quota", labels=["budget"])
        limit = GaugeMetricFamily(
            f"{self._prefix}_limit_requests", "Requests that the Hub allows in five minutes", labels=["budget"]
        )
        for label in BUDGETS:
            name = self._name_of(label)
            budget, now_left = self._quota.known(name), self._quota.left(name)
            if budget is None or now_left is None:
                continue
            left.add_metric([label], now_left)
            if budget.quota is not None:
                limit.add_metric([label], budget.quota)
        peers = GaugeMetricFamily(f"{self._prefix}_peers", "Other processes that tell what they use of the Hub's quota")
        peers.add_metric([], self._quota.peers.count(self._quota.clock()))
        return left, limit, peers

    def _name_of(self, label: str) -> str:
        name = self._quota.budget_of(label) if label == GIT else label
        return label if name in BUDGETS else name
