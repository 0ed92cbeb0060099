"""The query API's metrics. Labels come from closed sets; never a model's name."""

from functools import partial
from typing import Final, Literal, get_args

from common.events import ModelIngested, ModelIngestionFailed, SyncCompleted
from common.metrics.hub_metrics import HubMetrics
from common.process.http_server import REASONS
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from query_api.meter import RequestMeter
from query_api.store.repair import REPAIRED

DeliveryOutcome = Literal["accepted", "not_watched", "not_files", "not_main"]
ExportOutcome = Literal["completed", "client_gone", "too_long", "failed", "refused"]

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# A webhook brings a landing within minutes, a daily schedule within a day and two hours.
_DELAYS: Final = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 6 * _HOUR, 26 * _HOUR, 2 * _DAY, 7 * _DAY)


class Metrics:
    """Everything that one query API counts, on its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hub = HubMetrics("query_api", self.registry)
        prefix = "arcwatch_query_api"
        counter = partial(Counter, namespace=prefix, registry=self.registry)
        gauge = partial(Gauge, namespace=prefix, registry=self.registry)
        self.requests = RequestMeter(prefix)
        self.registry.register(self.requests)
        self.events = counter("events", "Events heard on the stream", ["subject"])
        for event in (ModelIngested, ModelIngestionFailed, SyncCompleted):
            self.events.labels(event.subject)
        delay = "Time from the commit of answers to their place in the view, of datasets that were watched by then"
        histogram = partial(Histogram, namespace=prefix, registry=self.registry)
        self.landing_delay = histogram("landing_delay_seconds", delay, buckets=_DELAYS)
        self.reconciliations = counter("reconciliations", "Times the whole view was compared")
        self.reconciled = counter("reconciled_submissions", "Submissions that no event had announced")
        self.database_errors = counter("database_errors", "Reads that the database did not answer")
        self.submissions = gauge("view_submissions", "Submissions in the view")
        self.view_age = gauge("view_age_seconds", "How far the view may lag; 0 while all is well")
        self.clients = gauge("event_clients", "Clients of /api/events")
        self.dropped = counter("dropped_event_clients", "Clients too slow for /api/events")
        self.connections = gauge("connections", "Open connections")
        closed = "Connections closed because they kept the server waiting, or refused"
        self.closed_connections = counter("closed_connections", closed, ["reason"])
        for reason in REASONS:
            self.closed_connections.labels(reason)
        self.webhooks = counter(
            "webhook_deliveries", "Deliveries of the Hub's webhooks that knew the secret", ["outcome"]
        )
        for outcome in get_args(DeliveryOutcome):
            self.webhooks.labels(outcome)
        self.exports = counter("exports", "Exports by how they ended", ["outcome"])
        for ending in get_args(ExportOutcome):
            self.exports.labels(ending)
        self.registry.register(REPAIRED)
