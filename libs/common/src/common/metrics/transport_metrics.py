"""How a service's files come from the Hub, by pack or by file: what came, what was asked, what failed, what is in use.

It is computed at each scrape: that a dataset's packs are avoided ends by itself.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final, TypeVar, get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.hub.transports import PackOutcome, Reason, Transport, Transports

Label = TypeVar("Label", bound=str)

TRANSPORTS: Final[Sequence[Transport]] = get_args(Transport)


def register(service: str, transports: Transports, datasets: Collection[str], registry: CollectorRegistry) -> None:
    """Show a client's transports under the service's name."""
    registry.register(_Shown(f"arcwatch_{service}_hub", transports, datasets))


class _Shown(Collector):
    def __init__(self, prefix: str, transports: Transports, datasets: Collection[str]) -> None:
        self._prefix = prefix
        self._transports = transports
        self._datasets = datasets

    def collect(self) -> Iterable[Metric]:
        known = self._transports
        yield self._counter("files", "Files that came from the Hub, verified", "transport", TRANSPORTS, known.files)
        yield self._counter("file_bytes", "Bytes of those files", "transport", TRANSPORTS, known.bytes)
        yield self._counter("pack_requests", "Packs asked for", "outcome", get_args(PackOutcome), known.requests)
        yield self._counter(
            "fallbacks", "Times that files had to come by file instead", "reason", get_args(Reason), known.fallbacks
        )
        gauge = GaugeMetricFamily(f"{self._prefix}_datasets", "Datasets by how their files come", labels=["transport"])
        now = Counter(map(known.current, self._datasets))
        for transport in TRANSPORTS:
            gauge.add_metric([transport], now[transport])
        yield gauge

    def _counter(
        self, name: str, documentation: str, label: str, values: Sequence[Label], counts: Counter[Label]
    ) -> CounterMetricFamily:
        """Return a counter with every value of its label: one that appears with 1 has not increased, for Prometheus."""
        family = CounterMetricFamily(f"{self._prefix}_{name}", documentation, labels=[label])
        for value in values:
            family.add_metric([value], counts[value])
        return family
