"""Looks for news every few seconds and puts it into the outbox."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from notifier.channels.channel import Channel
from notifier.metrics import Metrics
from notifier.store.outbox import Outbox, Unsent

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Collector:
    """Finds news for these channels."""

    outbox: Outbox
    channels: Collection[Channel]
    metrics: Metrics

    async def run_once(self) -> int:
        """Store what is new; return how many pieces that were."""
        found = await self.outbox.collect(self.channels)
        for news in found:
            self.metrics.news.labels(news.kind).inc()
        if found:
            log.info("news.found", pieces=len(found))
        standing = await self.outbox.standing()
        for channel in self.channels:
            self.metrics.stands(channel.name, standing.get(channel.name, Unsent()))
        return len(found)
