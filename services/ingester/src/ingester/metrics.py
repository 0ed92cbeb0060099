"""The ingester's metrics. Labels come from closed sets; never a model's name."""

from functools import partial

from common.error_kinds import ErrorKind, NoteKind
from common.metrics.hub_metrics import HubMetrics
from common.outcomes import KINDS
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From a handful of cached files to a 400-file submission on a slow, rate-limited connection.
_DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_FILES = (1, 10, 50, 100, 120, 200, 400, 1_000)
# From one small file to 400 files of some megabytes.
_BYTES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_NAMESPACE = "arcwatch_ingester"


class Metrics:
    """Everything that one ingester counts, on its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hub = HubMetrics("ingester", self.registry)
        counter = partial(Counter, namespace=_NAMESPACE, registry=self.registry)
        gauge = partial(Gauge, namespace=_NAMESPACE, registry=self.registry)
        histogram = partial(Histogram, namespace=_NAMESPACE, registry=self.registry)
        self.ingestions = counter("ingestions", "Runs ended", ["status"])
        self.failures = counter("failures", "Runs that failed for good, by kind", ["kind"])
        self.settled_files = counter("files", "Files of ended runs", ["outcome"])
        self.file_errors = counter("file_errors", "Files that could not be used, or were mended", ["kind"])
        self.rows = counter("staged_rows", "Rows made of fetched files")
        self.bytes = counter("fetched_bytes", "Bytes fetched from the Hub")
        self.waits = counter("waits", "Requests that joined those waiting for another ingester's model")
        self.waiting = gauge("waiting_requests", "Models whose request waits for another ingester")
        self.running = gauge("running_ingestions", "Ingestions going on")
        self.models = gauge("models", "Models by how they stand in the database", ["state"])
        verifications = "Verifications of versions, by what they were compared with and their verdict"
        self.verifications = Counter(
            "arcwatch_verifications", verifications, ["compared_with", "verdict"], registry=self.registry
        )
        differing = "Current versions whose newest verification found what nothing explains"
        self.differing = gauge("differing_versions", differing)
        landing = "When answers last came that were not there before, by any ingester (0: never)"
        self.last_landing = gauge("last_landing_timestamp_seconds", landing)
        self.duration = histogram("ingestion_duration_seconds", "Time of a run", buckets=_DURATIONS)
        self.files = histogram("fetched_files", "Files fetched by a run", buckets=_FILES)
        self.size = histogram("ingestion_size_bytes", "Bytes of the files fetched by a run", buckets=_BYTES)
        self._show_every_label()

    def _show_every_label(self) -> None:
        """Begin with zero: a counter that appears with 1 has not increased, for Prometheus, and goes unseen."""
        for counter, values in (
            (self.ingestions, ("completed", "partial", "failed", "skipped", "cancelled")),
            (self.failures, KINDS),
            (self.file_errors, (*ErrorKind, *NoteKind)),
            (self.settled_files, ("used", "failed", "no_task")),
        ):
            for value in values:
                counter.labels(value)
        for compared_with in ("hub", "rows"):
            for verdict in ("verified", "explained", "differs", "impossible"):
                self.verifications.labels(compared_with, verdict)

    def is_ingesting(self) -> bool:
        """Tell whether an ingestion goes on in this process."""
        return any(sample.value for metric in self.running.collect() for sample in metric.samples)

    def count_verification(self, compared_with: str, verdict: str) -> None:
        """Count a verification by what it was compared with, and its verdict."""
        self.verifications.labels(compared_with, verdict).inc()

    def failed_for_good(self, kind: str) -> None:
        """Count a run that failed for good."""
        self.ingestions.labels("failed").inc()
        self.failures.labels(kind).inc()
