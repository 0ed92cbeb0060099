"""Counts requests and their durations. The client library's own counters cost several times as much per request."""

from bisect import bisect_left
from collections import defaultdict
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


class _Answers:
    """Those of one route, method and status."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0


class RequestMeter(Collector):
    """All routes' counts, in the shapes that Prometheus knows."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._routes: defaultdict[str, defaultdict[tuple[str, int], _Answers]]
        self._routes = defaultdict(lambda: defaultdict(_Answers))

    def of(self, route: str) -> Observe:
        """Return what counts one route's answers."""
        of_route = self._routes[route]

        def observe(method: str, status: int, seconds: float) -> None:
            answers = of_route[method if method in _METHODS else "other", status]
            answers.buckets[bisect_left(BOUNDS, seconds)] += 1
            answers.seconds += seconds

        return observe

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        requests = CounterMetricFamily(
            f"{self._prefix}_requests", "Requests answered", labels=["route", "method", "status"]
        )
        durations = HistogramMetricFamily(
            f"{self._prefix}_request_duration_seconds", "Time until an answer is ready", labels=["route", "status"]
        )
        names = [*map(str, BOUNDS), "+Inf"]
        for name, of_route in self._routes.items():
            by_status: defaultdict[int, list[_Answers]] = defaultdict(list)
            for (method, status), answers in of_route.items():
                requests.add_metric([name, method, str(status)], sum(answers.buckets))
                by_status[status].append(answers)
            for status, found in by_status.items():
                cumulated = accumulate(map(sum, zip(*(each.buckets for each in found), strict=True)))
                durations.add_metric(
                    [name, str(status)],
                    buckets=list(zip(names, cumulated, strict=True)),
                    sum_value=sum(each.seconds for each in found),
                )
        return requests, durations
