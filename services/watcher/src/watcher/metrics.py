"""The watcher's metrics. The label `dataset` is closed: it holds the names in HF_DATASETS."""

from datetime import datetime
from itertools import product
from typing import get_args

from common.events import SyncStatus, Trigger
from common.metrics.hub_metrics import HubMetrics
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)


class Metrics:
    """Everything that one watcher counts, on its registry."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.hub = HubMetrics("watcher", registry)
        name = "arcwatch_watcher"
        self.syncs = Counter(f"{name}_syncs", "Syncs ended", ["trigger", "status"], registry=registry)
        self.sync_duration = Histogram(
            f"{name}_sync_duration_seconds", "Time of a sync", buckets=_DURATIONS, registry=registry
        )
        self.last_success = Gauge(
            f"{name}_last_complete_listing_timestamp_seconds",
            "When a dataset was last listed completely, by any watcher (0: never)",
            ["dataset"],
            registry=registry,
        )
        self.models = Gauge(
            f"{name}_models", "Models in the last complete listing", ["dataset", "state"], registry=registry
        )
        self.interval = Gauge(
            f"{name}_schedule_interval_seconds",
            "Longest time between two scheduled syncs (0: no schedule)",
            registry=registry,
        )
        self.published = Counter(f"{name}_published_events", "model.discovered events stored", registry=registry)
        # A counter that appears with 1 has not increased, for Prometheus: the first failure would go unseen.
        for trigger, status in product(get_args(Trigger), get_args(SyncStatus)):
            self.syncs.labels(trigger, status)
        self._listed: dict[str, datetime] = {}

    def listed(self, dataset: str, at: datetime) -> None:
        """Take note of a complete listing, ours or another watcher's; an older one changes nothing."""
        self._listed[dataset] = max(at, self._listed.get(dataset, at))
        self.last_success.labels(dataset).set(self._listed[dataset].timestamp())
