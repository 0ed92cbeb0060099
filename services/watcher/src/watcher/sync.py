"""One sync: list each dataset, compare with the database, publish what differs, write down what was found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

import asyncpg
import nats.errors
import structlog
from common.events import DatasetSynced, ModelDiscovered, SyncCompleted, SyncStatus, Trigger
from common.hub import Folder, Hub, RevisionGone
from common.outcomes import Transient

from watcher.compare import Difference, compare
from watcher.metrics import Metrics
from watcher.store import Store

log = structlog.get_logger(__name__)

# A dataset that fails is tried again within the same sync, after the requests' own retries; 40 s in all.
DATASET_RETRY_SECONDS = (10.0, 30.0)


class Publish(Protocol):
    """Stores an event; returns False when the server had its key already."""

    def __call__(self, event: ModelDiscovered | SyncCompleted, *, key: str | None = None) -> Awaitable[bool]: ...


class Clock(Protocol):
    """Tells the time, in UTC."""

    def __call__(self) -> datetime: ...


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class ListingDoubted(Exception):  # noqa: N818 - a word on the listing
    """A listing that cannot be the truth, such as an empty one of a dataset that had models."""


@dataclass(frozen=True)
class Request:
    """What a sync is to do. `datasets` empty: all."""

    trigger: Trigger
    datasets: tuple[str, ...] = ()
    auto_ingest: bool = True
    scheduled_for: datetime | None = None
    requested_by: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Syncer:
    """Everything a sync needs; one per process."""

    datasets: tuple[str, ...]
    hub: Hub
    store: Store
    publish: Publish
    metrics: Metrics
    clock: Clock = utc_now
    retry_seconds: Sequence[float] = DATASET_RETRY_SECONDS
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def sync(self, request: Request) -> SyncCompleted | None:
        """Run a sync and announce it; None when another watcher took this tick."""
        async with self.store.begin(request.trigger, request.scheduled_for, self.clock()) as sync_id:
            return None if sync_id is None else await self._run(sync_id, request)

    async def resume(self, sync_id: int, request: Request) -> SyncCompleted | None:
        """Run a sync again whose watcher died; None when somebody works on it."""
        async with self.store.adopt(sync_id) as ours:
            return await self._run(sync_id, request) if ours else None

    async def _run(self, sync_id: int, request: Request) -> SyncCompleted:
        started_at, started = self.clock(), monotonic()
        datasets = request.datasets or self.datasets
        log.info("sync.started", sync_id=sync_id, trigger=request.trigger, datasets=len(datasets))
        results = [await self._patiently(dataset, request, sync_id) for dataset in datasets]
        completed = _completed(sync_id, request, started_at, self.clock(), results)
        await self.store.end(completed)
        await self.publish(completed)
        self.metrics.syncs.labels(request.trigger, completed.status).inc()
        self.metrics.sync_duration.observe(monotonic() - started)
        log.info(
            "sync.ended",
            sync_id=sync_id,
            outcome=completed.status,
            seen=completed.models_seen,
            new=completed.new_models_found,
            changed=completed.changed,
        )
        return completed

    async def _patiently(self, dataset: str, request: Request, sync_id: int) -> DatasetSynced:
        """Sync one dataset; its failure is told, not raised: the others go on."""
        for pause in (*self.retry_seconds, None):
            try:
                return await self._dataset(dataset, request, sync_id)
            except (
                Transient,
                ListingDoubted,
                RevisionGone,
                OSError,
                asyncpg.PostgresError,
                nats.errors.Error,
            ) as error:
                reason = str(error) or type(error).__name__
                log.warning("sync.dataset_failed", dataset=dataset, reason=reason, retry_in_seconds=pause)
                if pause is None:
                    return DatasetSynced(dataset=dataset, error=reason)
                await self.sleep(pause)
            finally:
                self.metrics.show_quota(self.hub.quota)
        raise AssertionError("the last round returns")

    async def _dataset(self, dataset: str, request: Request, sync_id: int) -> DatasetSynced:
        revision, listed, difference = await self._compare(dataset)
        published = 0
        if difference.to_ingest and request.auto_ingest and revision:
            published = await self._publish_all(dataset, revision, listed, difference, request, sync_id)
        await self.store.mark(dataset, difference.vanished, difference.returned)
        self._count(dataset, listed, difference)
        return DatasetSynced(
            dataset=dataset,
            revision=revision,
            listed_at=self.clock(),
            seen=len(listed),
            new=difference.new,
            changed=tuple(sorted((*difference.changed, *difference.incomplete))),
            renamed=tuple((old, new) for new, old in sorted(difference.renamed.items())),
            vanished=difference.vanished,
            unchanged=difference.unchanged,
            published=published,
        )

    async def _compare(self, dataset: str) -> tuple[str | None, dict[str, str], Difference]:
        """List the dataset: one request when nothing differs.

        A difference is believed only from a listing pinned to one commit: pages of a moving branch may mix commits,
        and a folder that is being uploaded may move between them.
        """
        known = await self.store.known(dataset)
        listed = await self.hub.folders(dataset)
        difference = compare(listed, known)
        if difference.is_empty:
            return None, listed, difference
        revision = await self.hub.head(dataset)
        listed = await self.hub.folders(dataset, revision)
        if not listed and any(not model.removed for model in known.values()):
            raise ListingDoubted(f"the Hub lists no folder of {dataset}, which had {len(known)} models")
        return revision, listed, compare(listed, known)

    async def _publish_all(
        self,
        dataset: str,
        revision: str,
        listed: dict[str, str],
        difference: Difference,
        request: Request,
        sync_id: int,
    ) -> int:
        """Publish what differs, oldest commit first, so that the newest model is ingested last and stays the latest."""
        names = difference.to_ingest
        described = await self.hub.describe(dataset, names, revision)
        folders = [described.get(name) or Folder(name, listed[name]) for name in names]
        folders.sort(key=lambda folder: (folder.published_at or datetime.max.replace(tzinfo=UTC), folder.name))
        before = await self.store.known_before(dataset, {folder.name: folder.tree_oid for folder in folders})
        stored = 0
        for folder in folders:
            event = ModelDiscovered(
                dataset=dataset,
                model=folder.name,
                revision=revision,
                tree_oid=folder.tree_oid,
                published_at=folder.published_at,
                # A manual sync asks for what is missing; only a manual model.discovered forces.
                trigger=request.trigger,
                force=False,
                requested_by=request.requested_by,
            )
            stored += await self.publish(event, key=_key(event, folder.name in before, revision, sync_id, difference))
        self.metrics.published.inc(stored)
        return stored

    def _count(self, dataset: str, listed: dict[str, str], difference: Difference) -> None:
        self.metrics.last_success.labels(dataset).set(self.clock().timestamp())
        counts = {
            "seen": len(listed),
            "new": len(difference.new) + len(difference.renamed),
            "changed": len(difference.changed) + len(difference.incomplete),
            "vanished": len(difference.vanished),
        }
        for state, count in counts.items():
            self.metrics.models.labels(dataset, state).set(count)


def _key(event: ModelDiscovered, known_before: bool, revision: str, sync_id: int, difference: Difference) -> str:  # noqa: FBT001
    """Return the message id: `dataset@model@tree_oid`, and more where that id may have served within the window.

    Content that was ingested before (a revert) or incompletely would be swallowed by the stream's deduplication.
    """
    key = f"{event.dataset}@{event.model}@{event.tree_oid}"
    if event.model in difference.incomplete:
        return f"{key}@sync-{sync_id}"
    return f"{key}@{revision}" if known_before else key


def _completed(
    sync_id: int, request: Request, started_at: datetime, completed_at: datetime, results: list[DatasetSynced]
) -> SyncCompleted:
    errors = [f"{result.dataset}: {result.error}" for result in results if result.error]
    status: SyncStatus = "completed" if not errors else "failed" if len(errors) == len(results) else "partial"
    return SyncCompleted(
        sync_id=sync_id,
        trigger=request.trigger,
        status=status,
        scheduled_for=request.scheduled_for,
        started_at=started_at,
        completed_at=completed_at,
        datasets=tuple(results),
        models_seen=sum(result.seen for result in results),
        new_models_found=sum(len(result.new) + len(result.renamed) for result in results),
        changed=sum(len(result.changed) for result in results),
        auto_ingest=request.auto_ingest,
        requested_by=request.requested_by,
        request_id=request.request_id,
        error="; ".join(errors) or None,
    )
