"""Counts requests and their durations. The client library's own counters cost several times as much per request.

Every answer that a route is known to give is there before the first of its kind: a counter that appears with 1 has not
increased, for Prometheus, so the first refusal and the first failure would go unseen. Of durations, which are fourteen
series each, only those of what succeeds are.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus
from itertools import accumulate, product
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

# From a prebuilt answer (well below a millisecond) to a slow query.
BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
METHODS: Final = (*sorted(_KNOWN_METHODS), "other")

Observe = Callable[[str, int, float], None]
"""Counts one answer: method, status, seconds."""


class _Answers:
    """Those of one route, method and status."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0


def _count(answers: _Answers) -> int:
    return sum(answers.buckets)


class RequestMeter(Collector):
    """All routes' counts, in the shapes that Prometheus knows."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._routes: defaultdict[str, defaultdict[tuple[str, int], _Answers]]
        self._routes = defaultdict(lambda: defaultdict(_Answers))

    def of(self, route: str, methods: Collection[str] = (), statuses: Collection[int] = ()) -> Observe:
        """Return what counts one route's answers; show those to these methods, with these statuses, from the start."""
        of_route = self._routes[route]
        for expected in product(methods, statuses):
            of_route[expected]

        def observe(method: str, status: int, seconds: float) -> None:
            answers = of_route[method if method in _KNOWN_METHODS else "other", status]
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
                requests.add_metric([name, method, str(status)], _count(answers))
                by_status[status].append(answers)
            for status, found in by_status.items():
                if status >= HTTPStatus.BAD_REQUEST and not any(map(_count, found)):
                    continue
                cumulated = accumulate(map(sum, zip(*(each.buckets for each in found), strict=True)))
                durations.add_metric(
                    [name, str(status)],
                    buckets=list(zip(names, cumulated, strict=True)),
                    sum_value=sum(each.seconds for each in found),
                )
        return requests, durations
