"""The ingester's metrics. Labels come from closed sets; never a model's name."""

from common.hub import RequestOutcome
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From a handful of cached files to a 400-file submission on a slow, rate-limited connection.
_DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_FILES = (1, 10, 50, 100, 120, 200, 400, 1_000)


class Metrics:
    """Everything that one ingester counts, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        name = "arcwatch_ingester"
        self.deliveries = Counter(
            f"{name}_deliveries", "Messages settled", ["outcome", "redelivered"], registry=self.registry
        )
        self.ingestions = Counter(f"{name}_ingestions", "Runs ended", ["status"], registry=self.registry)
        self.failures = Counter(f"{name}_failures", "Runs given up, by kind", ["kind"], registry=self.registry)
        self.file_errors = Counter(
            f"{name}_file_errors", "Files that could not be used, or were mended", ["kind"], registry=self.registry
        )
        self.running = Gauge(f"{name}_running_ingestions", "Ingestions going on", registry=self.registry)
        self.duration = Histogram(
            f"{name}_ingestion_duration_seconds", "Time of a run", buckets=_DURATIONS, registry=self.registry
        )
        self.files = Histogram(
            f"{name}_fetched_files", "Files fetched by a run", buckets=_FILES, registry=self.registry
        )
        self.bytes = Counter(f"{name}_fetched_bytes", "Bytes fetched from the Hub", registry=self.registry)
        self.hub_requests = Counter(f"{name}_hub_requests", "Requests to the Hub", ["outcome"], registry=self.registry)
        self.throttled = Counter(
            f"{name}_hub_throttled_seconds", "Time spent waiting for the Hub's quota", registry=self.registry
        )

    def settled(self, outcome: str, *, redelivered: bool) -> None:
        """Count a settled message (the observer of common.delivery)."""
        self.deliveries.labels(outcome, str(redelivered).lower()).inc()

    def requested(self, outcome: RequestOutcome) -> None:
        """Count a request to the Hub."""
        self.hub_requests.labels(outcome).inc()
