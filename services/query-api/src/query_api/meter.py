"""Counts requests and their durations. The client library's own counters cost several times as much per request."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

# From a prebuilt answer (well below a millisecond) to a slow query.
BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Observe = Callable[[str, int, float], None]
"""Counts one answer: method, status, seconds."""


class _Route:
    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], int] = {}
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def observe(self, method: str, status: int, seconds: float) -> None:
        key = (method if method in _METHODS else "other", status)
        self.answers[key] = self.answers.get(key, 0) + 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class RequestMeter(Collector):
    """All routes' counts, in the shapes that Prometheus knows."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._routes: dict[str, _Route] = {}

    def of(self, route: str) -> Observe:
        """Return what counts one route's answers."""
        return self._routes.setdefault(route, _Route()).observe

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        requests = CounterMetricFamily(
            f"{self._prefix}_requests", "Requests answered", labels=["route", "method", "status"]
        )
        durations = HistogramMetricFamily(
            f"{self._prefix}_request_duration_seconds", "Time until an answer is ready", labels=["route"]
        )
        names = [*map(str, BOUNDS), "+Inf"]
        for name, route in self._routes.items():
            for (method, status), count in route.answers.items():
                requests.add_metric([name, method, str(status)], count)
            cumulated = list(zip(names, accumulate(route.buckets), strict=True))
            durations.add_metric([name], buckets=cumulated, sum_value=route.seconds)
        return requests, durations
