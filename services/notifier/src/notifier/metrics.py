"""The notifier's metrics. The label `channel` is closed: it holds the names in NOTIFICATIONS_FILE."""

from collections.abc import Collection
from functools import partial
from itertools import product
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from notifier.news.news import NewsKind
from notifier.sending.errors import KINDS
from notifier.store.outbox import Unsent

_NAMESPACE = "arcwatch_notifier"
_OUTCOMES = ("sent", "retried", "dead")


class Metrics:
    """Everything that one notifier counts, on its registry."""

    def __init__(self, channels: Collection[str] = ()) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, namespace=_NAMESPACE, registry=self.registry)
        gauge = partial(Gauge, namespace=_NAMESPACE, registry=self.registry)
        self.news = counter("news", "Pieces of news found", ["kind"])
        self.messages = counter("attempts", "Attempts to send a message", ["channel", "outcome"])
        self.failures = counter("failures", "Attempts that failed", ["kind"])
        self._waiting = gauge("waiting_messages", "Messages that are held or to be sent again", ["channel"])
        self._dead = gauge("dead_messages", "Messages that are not sent any more", ["channel"])
        self._late = gauge("late_seconds", "Age of the oldest message that was tried and not taken", ["channel"])
        # A counter that appears with 1 has not increased, for Prometheus: the first failure would go unseen.
        for kind in get_args(NewsKind):
            self.news.labels(kind)
        for name in KINDS:
            self.failures.labels(name)
        for channel, outcome in product(channels, _OUTCOMES):
            self.messages.labels(channel, outcome)

    def stands(self, channel: str, unsent: Unsent) -> None:
        """Show how a channel stands."""
        self._waiting.labels(channel).set(unsent.waiting)
        self._dead.labels(channel).set(unsent.dead)
        self._late.labels(channel).set(unsent.late_seconds)
