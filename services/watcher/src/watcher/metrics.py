"""The watcher's metrics. The label `dataset` is closed: it holds the names in HF_DATASETS."""

from datetime import datetime
from functools import partial
from itertools import product
from typing import get_args

from common.events import SyncStatus, Trigger
from common.metrics.hub_metrics import HubMetrics
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_NAMESPACE = "arcwatch_watcher"
_DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)


class Metrics:
    """Everything that one watcher counts, on its registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hub = HubMetrics("watcher", self.registry)
        counter = partial(Counter, namespace=_NAMESPACE, registry=self.registry)
        gauge = partial(Gauge, namespace=_NAMESPACE, registry=self.registry)
        self.syncs = counter("syncs", "Syncs ended", ["trigger", "status"])
        self.published = counter("published_events", "model.discovered events stored")
        histogram = partial(Histogram, namespace=_NAMESPACE, registry=self.registry)
        self.sync_duration = histogram("sync_duration_seconds", "Time of a sync", buckets=_DURATIONS)
        listing = "When a dataset was last listed completely, by any watcher (0: never)"
        self.last_success = gauge("last_complete_listing_timestamp_seconds", listing, ["dataset"])
        due = "When a dataset has to be listed completely at the latest, by its schedule (0: no schedule)"
        self.due = gauge("listing_due_timestamp_seconds", due, ["dataset"])
        self.models = gauge("models", "Models in the last complete listing", ["dataset", "state"])
        interval = "Longest time between two scheduled syncs (0: no schedule)"
        self.interval = gauge("schedule_interval_seconds", interval)
        # A counter that appears with 1 has not increased, for Prometheus: the first failure would go unseen.
        for trigger, status in product(get_args(Trigger), get_args(SyncStatus)):
            self.syncs.labels(trigger, status)
        self.last_listed: dict[str, datetime] = {}

    def listed(self, dataset: str, at: datetime) -> None:
        """Take note of a complete listing, ours or another watcher's; an older one changes nothing."""
        self.last_listed[dataset] = max(at, self.last_listed.get(dataset, at))
        self.last_success.labels(dataset).set(self.last_listed[dataset].timestamp())
