"""Gauges of all models, by the database: a process's counters end with it, a failure does not."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from ingester.metrics import Metrics
from ingester.store.session import count_models
from ingester.store.verdicts import count_differing

POLL_SECONDS = 5.0
# A day, which is the longest usual schedule, and two hours for a slow sync.
RECENTLY = timedelta(hours=26)


async def update(pool: asyncpg.Pool, datasets: Sequence[str], metrics: Metrics) -> None:
    """Read the counts and set the gauges. While the database is away the last figures stay: readiness tells."""
    counts = await count_models(pool, datasets, RECENTLY)
    for state in ("failing", "partial", "whole"):
        metrics.models.labels(state).set(counts[state])
    metrics.waiting.set(counts["waiting"])
    metrics.differing.set(await count_differing(pool, datasets))
    if counts["last_landing"] is not None:
        metrics.last_landing.set(counts["last_landing"].timestamp())
