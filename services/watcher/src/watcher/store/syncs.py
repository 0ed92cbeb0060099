"""The rows of syncs: beginning, resuming and ending them, and what earlier ones found."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from common.events import SyncCompleted

from watcher.store import statements as sql


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
class Syncs:
    """The statements on a pool."""

    pool: asyncpg.Pool

    async def now(self) -> datetime:
        """Return the time by the one clock that all watchers share: the database's."""
        now: datetime = await self.pool.fetchval(sql.DATABASE_TIME)
        return now

    async def synced_for(self, request_key: str) -> set[str]:
        """Return the datasets that were synced whole for a request."""
        return {row[0] for row in await self.pool.fetch(sql.DATASETS_SYNCED_FOR_REQUEST, request_key)}

    async def covered_until(self) -> datetime | None:
        """Return the instant up to which no tick was missed; None before the first sync that ran by itself."""
        found: datetime | None = await self.pool.fetchval(sql.COVERED_UNTIL)
        return found

    async def listings(self, since: datetime) -> list[Listing]:
        """Return what syncs since then say of each dataset."""
        return [Listing(*row) for row in await self.pool.fetch(sql.LAST_LISTINGS, since)]

    async def running(self) -> list[SyncRow]:
        """Return the syncs that are marked as running, whether a watcher works on them or not."""
        return [SyncRow(*row) for row in await self.pool.fetch(sql.RUNNING_SYNCS)]

    @contextlib.asynccontextmanager
    async def begin(
        self, trigger: str, scheduled_for: datetime | None, started_at: datetime, request_key: str | None = None
    ) -> AsyncIterator[int | None]:
        """Yield the id of a new sync, held until the block ends; None when another watcher took the tick."""
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                # One transaction, so that no watcher sees the row before its lock.
                sync_id = await connection.fetchval(sql.BEGIN_SYNC, scheduled_for, trigger, started_at, request_key)
                if sync_id is not None:
                    await connection.fetchval(sql.TRY_LOCK_SYNC, sync_id)
            yield sync_id  # the pool releases advisory locks when the connection goes back

    @contextlib.asynccontextmanager
    async def adopt(self, sync_id: int) -> AsyncIterator[datetime | None]:
        """Yield when a running sync began that lost its watcher and is ours now, held until the block ends; or None."""
        async with self.pool.acquire() as connection:
            free = await connection.fetchval(sql.TRY_LOCK_SYNC, sync_id)
            yield await connection.fetchval(sql.START_OF_RUNNING_SYNC, sync_id) if free else None

    async def end(self, completed: SyncCompleted) -> None:
        """Write down how a sync ended."""
        await self.pool.execute(
            sql.END_SYNC,
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
        await self.pool.execute(sql.ABANDON_SYNC, sync_id, reason)
