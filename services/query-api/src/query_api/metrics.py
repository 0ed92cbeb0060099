"""The query API's metrics. Labels come from closed sets; never a model's name."""

from common.metrics.hub_metrics import HubMetrics
from common.process.http_server import REASONS, Reason
from prometheus_client import CollectorRegistry, Counter, Gauge

from query_api.meter import RequestMeter
from query_api.store.repair import REPAIRED


class Metrics:
    """Everything that one query API counts, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hub = HubMetrics("query_api", self.registry)
        name = "arcwatch_query_api"
        self.requests = RequestMeter(name)
        self.registry.register(self.requests)
        self.events = Counter(f"{name}_events", "Events heard on the stream", ["subject"], registry=self.registry)
        self.reconciliations = Counter(
            f"{name}_reconciliations", "Times the whole view was compared", registry=self.registry
        )
        self.reconciled = Counter(
            f"{name}_reconciled_submissions", "Submissions that no event had told of", registry=self.registry
        )
        self.database_errors = Counter(
            f"{name}_database_errors", "Reads that the database did not answer", registry=self.registry
        )
        self.submissions = Gauge(f"{name}_view_submissions", "Submissions in the view", registry=self.registry)
        self.view_age = Gauge(
            f"{name}_view_age_seconds", "How far the view may lag; 0 while all is well", registry=self.registry
        )
        self.clients = Gauge(f"{name}_event_clients", "Clients of /api/events", registry=self.registry)
        self.dropped = Counter(
            f"{name}_dropped_event_clients", "Clients too slow for /api/events", registry=self.registry
        )
        self.connections = Gauge(f"{name}_connections", "Open connections", registry=self.registry)
        self.closed_connections = Counter(
            f"{name}_closed_connections",
            "Connections closed because they kept the server waiting, or refused",
            ["reason"],
            registry=self.registry,
        )
        for reason in REASONS:
            self.closed_connections.labels(reason)
        self.registry.register(REPAIRED)

    def closed(self, reason: Reason) -> None:
        """Count a connection that was closed or refused."""
        self.closed_connections.labels(reason).inc()
