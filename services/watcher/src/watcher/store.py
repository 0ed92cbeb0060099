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

# Folders that hold no file of a task: no submissions, and not worth another look while their content stays the same. A
# release that reads more layouts has to forget these runs.
_WITHOUT_TASKS = """
SELECT DISTINCT dataset_name, tree_oid FROM ingestion_runs
WHERE hf_dataset = $1 AND status = 'skipped' AND total_puzzles = 0 AND skipped > 0 AND dry_run IS NOT TRUE
    AND tree_oid IS NOT NULL
"""

# The newest ended run that had to do with a model's name or with its content, under whatever name.
_LAST_RUNS = """
SELECT w.model, greatest(
    (SELECT max(r.id) FROM ingestion_runs r
     WHERE r.hf_dataset = $1 AND r.dataset_name = w.model AND r.status <> 'running'),
    (SELECT max(v.run_id) FROM submission_versions v WHERE v.hf_dataset = $1 AND v.tree_oid = w.tree_oid)
) AS run_id
FROM unnest($2::text[], $3::text[]) AS w (model, tree_oid)
"""

_IS_RUNNING = """
SELECT EXISTS (SELECT FROM ingestion_runs
WHERE hf_dataset = $1 AND dataset_name = $2 AND tree_oid = $3 AND status = 'running' AND dry_run IS NOT TRUE)
"""

_MARK_VANISHED = """
UPDATE submission_versions SET removed_upstream_at = now()
WHERE hf_dataset = $1 AND model = ANY($2) AND superseded_at IS NULL AND removed_upstream_at IS NULL
"""

_MARK_RETURNED = """
UPDATE submission_versions SET removed_upstream_at = NULL
WHERE hf_dataset = $1 AND model = ANY($2) AND superseded_at IS NULL
"""

# Every instant in these rows is told by `Store.now`: hosts with clocks of their own share the rows.
_NOW = "SELECT clock_timestamp()"

# `scheduled_for` is unique: of any number of watchers, one gets the tick.
_BEGIN = """
INSERT INTO sync_runs (scheduled_for, trigger, status, started_at, request_key) VALUES ($1, $2, 'running', $3, $4)
ON CONFLICT (scheduled_for) DO NOTHING RETURNING id
"""

# Datasets that were synced whole for a request.
_SYNCED_FOR = """
SELECT DISTINCT d->>'dataset' FROM sync_runs s, jsonb_array_elements(s.datasets) AS d
WHERE s.request_key = $1 AND s.completed_at IS NOT NULL AND d->>'error' IS NULL
"""

# A sync that is running holds this lock on a connection; it goes with the process, however that ends.
_HOLD = "SELECT pg_try_advisory_lock(hashtextextended('sync_runs', 0) # $1)"

_RUNNING = "SELECT id, scheduled_for, trigger FROM sync_runs WHERE status = 'running' ORDER BY id"

_STILL_RUNNING = "SELECT started_at FROM sync_runs WHERE id = $1 AND status = 'running'"

_END = """
UPDATE sync_runs SET status = $2, completed_at = greatest($3, started_at), datasets = $4, models_seen = $5,
    new_models_found = $6, changed = $7, error = $8
WHERE id = $1
"""

_ABANDON = """
UPDATE sync_runs SET status = 'failed', completed_at = greatest(now(), started_at), error = $2 WHERE id = $1
"""

# Up to when the schedule is satisfied: syncs that ran by themselves cover the ticks before their start.
_COVERED_UNTIL = """
SELECT max(coalesce(scheduled_for, started_at)) FROM sync_runs WHERE trigger IN ('schedule', 'catch_up', 'startup')
"""

_LISTINGS = """
SELECT d->>'dataset' AS dataset,
    max((d->>'listed_at')::timestamptz) FILTER (WHERE d->>'error' IS NULL) AS listed_at,
    max(s.completed_at) FILTER (WHERE d->>'error' IS NOT NULL) AS failed_at
FROM sync_runs s, jsonb_array_elements(s.datasets) AS d
WHERE s.started_at >= $1 AND s.completed_at IS NOT NULL
GROUP BY 1
"""


@dataclass(frozen=True)
class SyncRow:
    """A row of sync_runs that is still marked as running."""

    id: int
    scheduled_for: datetime | None
    trigger: str


@dataclass(frozen=True)
class Listing:
    """When a dataset was last listed completely, and when listing it last failed, by any watcher."""

    dataset: str
    listed_at: datetime | None
    failed_at: datetime | None

    def failing_since(self, at: datetime) -> bool:
        """Tell whether the last attempt failed, and that not after an instant."""
        if self.failed_at is None or self.failed_at > at:
            return False
        return self.listed_at is None or self.failed_at > self.listed_at


@dataclass(frozen=True)
class Store:
    """The watcher's statements on a pool."""

    pool: asyncpg.Pool

    async def now(self) -> datetime:
        """Return the time by the one clock that all watchers share: the database's."""
        now: datetime = await self.pool.fetchval(_NOW)
        return now

    async def known(self, dataset: str) -> dict[str, Known]:
        """Return every model of a dataset that was ever ingested, as its current version."""
        rows = await self.pool.fetch(_KNOWN, dataset)
        return {row["model"]: Known(row["tree_oid"], row["complete"], row["removed"]) for row in rows}

    async def without_tasks(self, dataset: str) -> set[tuple[str, str]]:
        """Return the folders (name, tree oid) of a dataset in which an ingester found no file of a task."""
        return {(row[0], row[1]) for row in await self.pool.fetch(_WITHOUT_TASKS, dataset)}

    async def last_runs(self, dataset: str, contents: dict[str, str]) -> dict[str, int]:
        """Return the newest ended run of each model (name -> tree oid), or of its content; names without any lack."""
        rows = await self.pool.fetch(_LAST_RUNS, dataset, list(contents), list(contents.values()))
        return {row["model"]: row["run_id"] for row in rows if row["run_id"] is not None}

    async def is_running(self, dataset: str, model: str, tree_oid: str | None) -> bool:
        """Tell whether an ingestion of this content has begun and not ended."""
        return bool(await self.pool.fetchval(_IS_RUNNING, dataset, model, tree_oid))

    async def mark(self, dataset: str, vanished: Collection[str], returned: Collection[str]) -> None:
        """Note which folders a complete listing does not hold any more, and which it holds again."""
        if vanished:
            await self.pool.execute(_MARK_VANISHED, dataset, list(vanished))
        if returned:
            await self.pool.execute(_MARK_RETURNED, dataset, list(returned))

    async def synced_for(self, request_key: str) -> set[str]:
        """Return the datasets that were synced whole for a request."""
        return {row[0] for row in await self.pool.fetch(_SYNCED_FOR, request_key)}

    async def covered_until(self) -> datetime | None:
        """Return the instant up to which no tick was missed; None before the first sync that ran by itself."""
        found: datetime | None = await self.pool.fetchval(_COVERED_UNTIL)
        return found

    async def listings(self, since: datetime) -> list[Listing]:
        """Return what syncs since then say of each dataset."""
        return [Listing(*row) for row in await self.pool.fetch(_LISTINGS, since)]

    async def running(self) -> list[SyncRow]:
        """Return the syncs that are marked as running, whether a watcher works on them or not."""
        return [SyncRow(*row) for row in await self.pool.fetch(_RUNNING)]

    @contextlib.asynccontextmanager
    async def begin(
        self, trigger: str, scheduled_for: datetime | None, started_at: datetime, request_key: str | None = None
    ) -> AsyncIterator[int | None]:
        """Yield the id of a new sync, held until the block ends; None when another watcher took the tick."""
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                # One transaction, so that no watcher sees the row before its lock.
                sync_id = await connection.fetchval(_BEGIN, scheduled_for, trigger, started_at, request_key)
                if sync_id is not None:
                    await connection.fetchval(_HOLD, sync_id)
            yield sync_id  # the pool releases advisory locks when the connection goes back

    @contextlib.asynccontextmanager
    async def adopt(self, sync_id: int) -> AsyncIterator[datetime | None]:
        """Yield when a running sync began that lost its watcher and is ours now, held until the block ends; or None."""
        async with self.pool.acquire() as connection:
            free = await connection.fetchval(_HOLD, sync_id)
            yield await connection.fetchval(_STILL_RUNNING, sync_id) if free else None

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
        """Close a sync that no watcher resumes."""
        await self.pool.execute(_ABANDON, sync_id, reason)
