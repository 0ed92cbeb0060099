"""The ingester's metrics. Labels come from closed sets; never a model's name."""

from itertools import product

from common.bus.delivery import SETTLED
from common.error_kinds import ErrorKind, NoteKind
from common.metrics.hub_metrics import HubMetrics
from common.outcomes import KINDS
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From a handful of cached files to a 400-file submission on a slow, rate-limited connection.
_DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_FILES = (1, 10, 50, 100, 120, 200, 400, 1_000)
# From one small file to 400 files of some megabytes.
_BYTES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_STATUSES = ("completed", "partial", "failed", "skipped")
_FILE_OUTCOMES = ("used", "failed", "no_task")


class Metrics:
    """Everything that one ingester counts, on its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hub = HubMetrics("ingester", self.registry)
        name = "arcwatch_ingester"
        self.deliveries = Counter(
            f"{name}_deliveries", "Messages settled", ["outcome", "redelivered"], registry=self.registry
        )
        self.ingestions = Counter(f"{name}_ingestions", "Runs ended", ["status"], registry=self.registry)
        self.failures = Counter(f"{name}_failures", "Runs given up, by kind", ["kind"], registry=self.registry)
        self.settled_files = Counter(f"{name}_files", "Files of ended runs", ["outcome"], registry=self.registry)
        self.rows = Counter(f"{name}_staged_rows", "Rows made of fetched files", registry=self.registry)
        self.models = Gauge(
            f"{name}_models", "Models by how they stand in the database", ["state"], registry=self.registry
        )
        self.last_landing = Gauge(
            f"{name}_last_landing_timestamp_seconds",
            "When a model was last ingested, by any ingester (0: never)",
            registry=self.registry,
        )
        self.file_errors = Counter(
            f"{name}_file_errors", "Files that could not be used, or were mended", ["kind"], registry=self.registry
        )
        self.waits = Counter(
            f"{name}_waits", "Requests that joined those waiting for another ingester's model", registry=self.registry
        )
        self.waiting = Gauge(
            f"{name}_waiting_requests", "Models whose request waits for another ingester", registry=self.registry
        )
        self.running = Gauge(f"{name}_running_ingestions", "Ingestions going on", registry=self.registry)
        self.duration = Histogram(
            f"{name}_ingestion_duration_seconds", "Time of a run", buckets=_DURATIONS, registry=self.registry
        )
        self.files = Histogram(
            f"{name}_fetched_files", "Files fetched by a run", buckets=_FILES, registry=self.registry
        )
        self.size = Histogram(
            f"{name}_ingestion_size_bytes",
            "Bytes of the files fetched by a run",
            buckets=_BYTES,
            registry=self.registry,
        )
        self.bytes = Counter(f"{name}_fetched_bytes", "Bytes fetched from the Hub", registry=self.registry)
        # A counter that appears with 1 has not increased, for Prometheus: the first failure would go unseen.
        for status in _STATUSES:
            self.ingestions.labels(status)
        for kind in KINDS:
            self.failures.labels(kind)
        for kind in (*ErrorKind, *NoteKind):
            self.file_errors.labels(kind)
        for outcome in _FILE_OUTCOMES:
            self.settled_files.labels(outcome)
        for word, again in product(SETTLED, ("false", "true")):
            self.deliveries.labels(word, again)

    def gave_up(self, kind: str) -> None:
        """Count a run that failed for good."""
        self.ingestions.labels("failed").inc()
        self.failures.labels(kind).inc()

    def settled(self, outcome: str, *, redelivered: bool) -> None:
        """Count a settled message (the observer of common.bus.delivery)."""
        self.deliveries.labels(outcome, str(redelivered).lower()).inc()
