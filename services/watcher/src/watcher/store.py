"""Every SQL statement of the watcher: what is known, what vanished, and the rows of syncs."""

import contextlib
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from common.events import SyncCompleted

from watcher.compare import Known

# Kinds of the ingester's errors that are the Hub's fault: the same content is worth another fetch.
_KNOWN = """
SELECT model, tree_oid, removed_upstream_at IS NOT NULL AS removed, NOT EXISTS (
    SELECT FROM ingestion_errors e WHERE e.run_id = v.run_id AND e.kind IN ('integrity', 'unavailable')
) AS complete
FROM submission_versions v WHERE hf_dataset = $1 AND superseded_at IS NULL
"""

_KNOWN_BEFORE = """
SELECT model FROM submission_versions v JOIN unnest($2::text[], $3::text[]) AS w (model, tree_oid)
USING (model, tree_oid) WHERE hf_dataset = $1
"""

_MARK_VANISHED = """
UPDATE submission_versions SET removed_upstream_at = now()
WHERE hf_dataset = $1 AND model = ANY($2) AND superseded_at IS NULL AND removed_upstream_at IS NULL
"""

_MARK_RETURNED = """
UPDATE submission_versions SET removed_upstream_at = NULL
WHERE hf_dataset = $1 AND model = ANY($2) AND superseded_at IS NULL
"""

# `scheduled_for` is unique: of any number of watchers, one gets the tick.
_BEGIN = """
INSERT INTO sync_runs (scheduled_for, trigger, status, started_at) VALUES ($1, $2, 'running', $3)
ON CONFLICT (scheduled_for) DO NOTHING RETURNING id
"""

# A sync that is running holds this lock on a connection; it goes with the process, however that ends.
_HOLD = "SELECT pg_try_advisory_lock(hashtextextended('sync_runs', 0) # $1)"

_RUNNING = "SELECT id, scheduled_for, trigger FROM sync_runs WHERE status = 'running' ORDER BY id"

_STILL_RUNNING = "SELECT EXISTS (SELECT FROM sync_runs WHERE id = $1 AND status = 'running')"

_END = """
UPDATE sync_runs SET status = $2, completed_at = $3, datasets = $4, models_seen = $5, new_models_found = $6,
    changed = $7, error = $8
WHERE id = $1
"""

_ABANDON = "UPDATE sync_runs SET status = 'failed', completed_at = now(), error = $2 WHERE id = $1"

_LAST_SCHEDULED = "SELECT max(scheduled_for) FROM sync_runs"
_ANY = "SELECT EXISTS (SELECT FROM sync_runs WHERE status <> 'running')"


@dataclass(frozen=True)
class SyncRow:
    """A row of sync_runs that is still marked as running."""

    id: int
    scheduled_for: datetime | None
    trigger: str


@dataclass(frozen=True)
class Store:
    """The watcher's statements on a pool."""

    pool: asyncpg.Pool

    async def known(self, dataset: str) -> dict[str, Known]:
        """Return every model of a dataset that was ever ingested, as its current version."""
        rows = await self.pool.fetch(_KNOWN, dataset)
        return {row["model"]: Known(row["tree_oid"], row["complete"], row["removed"]) for row in rows}

    async def known_before(self, dataset: str, contents: dict[str, str]) -> set[str]:
        """Return those models (name -> tree oid) whose content was ingested at some time: a revert, or a retry."""
        rows = await self.pool.fetch(_KNOWN_BEFORE, dataset, list(contents), list(contents.values()))
        return {row["model"] for row in rows}

    async def mark(self, dataset: str, vanished: Collection[str], returned: Collection[str]) -> None:
        """Note which folders a complete listing does not hold any more, and which it holds again."""
        if vanished:
            await self.pool.execute(_MARK_VANISHED, dataset, list(vanished))
        if returned:
            await self.pool.execute(_MARK_RETURNED, dataset, list(returned))

    async def last_scheduled(self) -> datetime | None:
        """Return the newest tick that any watcher took."""
        found: datetime | None = await self.pool.fetchval(_LAST_SCHEDULED)
        return found

    async def has_synced(self) -> bool:
        """Tell whether any sync ever ended."""
        return bool(await self.pool.fetchval(_ANY))

    async def running(self) -> list[SyncRow]:
        """Return the syncs that are marked as running, whether anybody works on them or not."""
        return [SyncRow(*row) for row in await self.pool.fetch(_RUNNING)]

    @contextlib.asynccontextmanager
    async def begin(self, trigger: str, scheduled_for: datetime | None, now: datetime) -> AsyncIterator[int | None]:
        """Yield the id of a new sync, held until the block ends; None when another watcher took the tick."""
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                # One transaction, so that nobody sees the row before its lock.
                sync_id = await connection.fetchval(_BEGIN, scheduled_for, trigger, now)
                if sync_id is not None:
                    await connection.fetchval(_HOLD, sync_id)
            yield sync_id  # the pool releases advisory locks when the connection goes back

    @contextlib.asynccontextmanager
    async def adopt(self, sync_id: int) -> AsyncIterator[bool]:
        """Yield whether a running sync has lost its watcher and is ours now, held until the block ends."""
        async with self.pool.acquire() as connection:
            free = await connection.fetchval(_HOLD, sync_id)
            yield bool(free and await connection.fetchval(_STILL_RUNNING, sync_id))

    async def end(self, completed: SyncCompleted) -> None:
        """Write down how a sync ended."""
        await self.pool.execute(
            _END,
            completed.sync_id,
            completed.status,
            completed.completed_at,
            json.dumps([each.model_dump(mode="json") for each in completed.datasets]),
            completed.models_seen,
            completed.new_models_found,
            completed.changed,
            completed.error,
        )

    async def abandon(self, sync_id: int, reason: str) -> None:
        """Close a sync that nobody goes on with."""
        await self.pool.execute(_ABANDON, sync_id, reason)
