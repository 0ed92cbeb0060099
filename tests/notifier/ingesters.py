"""Writes what ingesters commit, by the database's clock, as far as it is news."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from tests.support.writer import DATASET, Writer

_FAILED = """
INSERT INTO ingestion_runs (dataset_name, hf_dataset, base_url, total_puzzles, successful, failed, skipped, duration_ms,
    started_at, completed_at, status, error_log, dry_run)
VALUES ($1, $2, '', 0, 0, 0, 0, 0, now(), now(), 'failed', $3, $4)
"""
_VERIFIED = """
INSERT INTO verifications (version_id, compared_with, verified_at, verdict, figures, disagreements)
SELECT id, $2, clock_timestamp(), $3, 10, $4 FROM submission_versions WHERE model = $1 AND superseded_at IS NULL
"""


@dataclass
class Ingester:
    """Commits what an ingester commits, by the database's clock."""

    pool: asyncpg.Pool

    async def lands(self, model: str, content: int = 1, **values: Any) -> None:
        """Commit a version with other answers than the one before."""
        at = await self.pool.fetchval("SELECT clock_timestamp()") - timedelta(seconds=values.pop("ago", 0))
        writer = Writer(self.pool, None)  # type: ignore[arg-type] # it publishes nothing here
        await writer.ingest(model, content=content, ingested_at=at, published_at=at, **values)

    async def fails(self, model: str, reason: str = "no such folder", *, dry_run: bool = False) -> None:
        """Record an ingestion that failed for good."""
        await self.pool.execute(_FAILED, model, DATASET, reason, dry_run)

    async def verifies(self, model: str, verdict: str, compared_with: str = "rows") -> None:
        """Record a verification of the current version."""
        await self.pool.execute(_VERIFIED, model, compared_with, verdict, json.dumps([{}]))
