"""Shows how the models stand, by the database: what one ingester counted ends with it, what failed does not."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from ingester import store
from ingester.metrics import Metrics

POLL_SECONDS = 5.0
# A day, which is the longest usual schedule, and two hours for a slow sync.
RECENTLY = timedelta(hours=26)


async def look(pool: asyncpg.Pool, datasets: Sequence[str], metrics: Metrics) -> None:
    """Look once. While the database is away the last figures stay: readiness tells."""
    show(await store.standing(pool, datasets, RECENTLY), metrics)


def show(found: store.Standing, metrics: Metrics) -> None:
    """Set the gauges."""
    metrics.models.labels("failing").set(found.failing)
    metrics.models.labels("partial").set(found.partial)
    metrics.models.labels("whole").set(found.whole)
    metrics.waiting.set(found.waiting)
    if found.last_landing is not None:
        metrics.last_landing.set(found.last_landing.timestamp())
