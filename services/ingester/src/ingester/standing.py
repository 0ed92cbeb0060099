"""Shows how the models stand, by the database: what one ingester counted ends with it, what failed does not."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

import asyncpg
import structlog

from ingester import store
from ingester.metrics import Metrics

log = structlog.get_logger(__name__)

POLL_SECONDS = 5.0
# A day, which is the longest usual schedule, and two hours for a slow sync.
RECENTLY = timedelta(hours=26)


async def watch(
    pool: asyncpg.Pool, datasets: Sequence[str], metrics: Metrics, every_seconds: float = POLL_SECONDS
) -> NoReturn:
    """Look for ever. While the database is away the last figures stay: readiness tells."""
    while True:
        try:
            show(await store.standing(pool, datasets, RECENTLY), metrics)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            log.debug("standing.failed", reason=str(error) or type(error).__name__)
        await asyncio.sleep(every_seconds)


def show(found: store.Standing, metrics: Metrics) -> None:
    """Set the gauges."""
    metrics.models.labels("failing").set(found.failing)
    metrics.models.labels("partial").set(found.partial)
    metrics.models.labels("whole").set(found.whole)
    if found.last_landing is not None:
        metrics.last_landing.set(found.last_landing.timestamp())
