"""One sync: list each dataset, compare with the database, publish what differs, write down what was found."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from time import monotonic

import nats.errors
import structlog
from common.events import DatasetSynced, ModelDiscovered, SyncCompleted, SyncStatus, Trigger
from common.hub.client import HubClient
from common.hub.entries import Folder
from common.hub.responses import RevisionGoneError
from common.names.folders import is_plain_folder_name
from common.outcomes import TransientError
from common.process import tracing
from common.process.outage import DATABASE_ERRORS, reason_of
from common.storable import storable

from watcher.compare import Difference, compare
from watcher.metrics import Metrics
from watcher.store import pauses, versions
from watcher.store.syncs import Syncs

log = structlog.get_logger(__name__)

# Datasets that failed are tried again within the same sync, after all others and the requests' own retries.
DATASET_RETRY_SECONDS = (10.0, 30.0)

Publish = Callable[[ModelDiscovered | SyncCompleted], Awaitable[bool]]
"""Stores an event; returns False when the server had its key already."""


class ImplausibleListingError(Exception):
    """A listing that cannot be the truth, such as an empty one of a dataset that had models."""


_EXPECTED = (ImplausibleListingError, TransientError, nats.errors.Error, *DATABASE_ERRORS)


@dataclass(frozen=True)
class Request:
    """What a sync is to do. `datasets` empty: all. Without `auto_ingest` it only reports, and writes its own row."""

    trigger: Trigger
    datasets: tuple[str, ...] = ()
    auto_ingest: bool = True
    scheduled_for: datetime | None = None
    requested_by: str | None = None
    request_id: str | None = None
    # The message that asks for it, and its place on the stream; None where it is no message.
    key: str | None = None
    event_sequence: int | None = None


@dataclass(frozen=True)
class Syncer:
    """Everything a sync needs; one per process."""

    datasets: tuple[str, ...]
    hub: HubClient
    syncs: Syncs
    publish: Publish
    metrics: Metrics
    retry_seconds: Sequence[float] = DATASET_RETRY_SECONDS
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def sync(self, request: Request) -> SyncCompleted | None:
        """Run a sync and announce it; None when another watcher took this tick."""
        started_at = await self.syncs.now()
        async with self.syncs.begin(request.trigger, request.scheduled_for, started_at, request.key) as sync_id:
            return None if sync_id is None else await self._run(sync_id, request, started_at)

    async def serve(self, request: Request, key: str, sequence: int | None = None) -> None:
        """Run the sync that a message asks for; raise TransientError where a dataset failed: the message comes again.

        Then only what is left is synced: neither is the request lost, nor are healthy datasets listed anew.
        """
        done = await self.syncs.synced_for(key)
        left = tuple(dataset for dataset in request.datasets or self.datasets if dataset not in done)
        if not left:
            return
        completed = await self.sync(replace(request, datasets=left, key=key, event_sequence=sequence))
        if completed is not None and completed.error:
            delays = [each.retry_after_seconds for each in completed.datasets if each.retry_after_seconds is not None]
            raise TransientError(completed.error, kind="sync_failed", retry_after_seconds=max(delays, default=None))

    async def resume(self, sync_id: int, request: Request) -> SyncCompleted | None:
        """Run a sync again whose watcher died; None when another watcher works on it."""
        async with self.syncs.adopt(sync_id) as started_at:
            return await self._run(sync_id, request, started_at) if started_at else None

    async def _run(self, sync_id: int, request: Request, started_at: datetime) -> SyncCompleted:
        started = monotonic()
        with tracing.span("sync", trigger=request.trigger, sync_id=sync_id):
            datasets = request.datasets or self.datasets
            log.info("sync.started", sync_id=sync_id, trigger=request.trigger, datasets=len(datasets))
            results = await self._rounds(datasets, request)
            # The database's clock may have been set back meanwhile.
            completed_at = max(await self.syncs.now(), started_at)
            completed = _completed(sync_id, request, started_at, completed_at, results)
            await self.syncs.end(completed)
            self.metrics.syncs.labels(request.trigger, completed.status).inc()
            self.metrics.sync_duration.observe(monotonic() - started)
            counts = {"seen": completed.models_seen, "new": completed.new_models_found, "changed": completed.changed}
            log.info("sync.ended", sync_id=sync_id, outcome=completed.status, **counts)
            await self._announce(completed)
        return completed

    async def _announce(self, completed: SyncCompleted) -> None:
        try:
            await self.publish(completed)
        except nats.errors.Error as error:
            # The row is written, and readers look there every minute.
            log.warning("sync.not_announced", sync_id=completed.sync_id, reason=reason_of(error))

    async def _rounds(self, datasets: tuple[str, ...], request: Request) -> list[DatasetSynced]:
        """Sync each dataset; those that fail are tried again when all others had their turn."""
        # A message comes again by itself, and lets others be handled meanwhile.
        pauses = (*(self.retry_seconds if request.key is None else ()), None)
        results = {dataset: await self._attempt(dataset, request, pauses[0]) for dataset in datasets}
        for pause, next_pause in pairwise(pauses):
            if not (failed := [dataset for dataset in datasets if results[dataset].error]):
                break
            await self.sleep(pause or 0.0)
            results |= {dataset: await self._attempt(dataset, request, next_pause) for dataset in failed}
        return list(results.values())

    async def _attempt(self, dataset: str, request: Request, again_in_seconds: float | None) -> DatasetSynced:
        """Sync one dataset; its failure is returned, not raised: the others go on."""
        try:
            return await self._dataset(dataset, request)
        except _EXPECTED as error:
            reason = reason_of(error)
            log.warning("sync.dataset_failed", dataset=dataset, reason=reason, again_in_seconds=again_in_seconds)
            # Copies of the Hub may lag behind a commit of this moment: the pauses between deliveries grow.
            delay = None if isinstance(error, RevisionGoneError) else getattr(error, "retry_after_seconds", None)
            return DatasetSynced(dataset=dataset, error=reason, retry_after_seconds=delay)
        except Exception as error:
            # A bug of ours; were it raised, the sync would stay `running` and be resumed for ever.
            log.exception("sync.dataset_failed", dataset=dataset)
            return DatasetSynced(dataset=dataset, error=storable(f"unexpected: {type(error).__name__}: {error}"))

    async def _dataset(self, dataset: str, request: Request) -> DatasetSynced:
        revision, listed, difference = await self._compare(dataset)
        published = 0
        if difference.to_ingest and revision and await self._may_publish(dataset, request):
            published = await self._publish_all(dataset, revision, listed, difference, request)
        if request.auto_ingest:
            await versions.mark(self.syncs.pool, dataset, difference.vanished, difference.returned)
        listed_at = await self.syncs.now()
        self._count(dataset, listed, difference, listed_at)
        now_called = self.hub.renames.current(dataset)
        return DatasetSynced(
            dataset=dataset,
            renamed_to=None if now_called == dataset else now_called,
            revision=revision,
            listed_at=listed_at,
            seen=_models(listed, difference),
            new=difference.new,
            changed=tuple(sorted((*difference.changed, *difference.incomplete))),
            renamed=tuple((old, new) for new, old in sorted(difference.renamed.items())),
            vanished=tuple(name for name in difference.vanished if name not in difference.renamed.values()),
            unchanged=tuple(sorted((*difference.unchanged, *difference.returned))),
            without_tasks=difference.without_tasks,
            published=published,
        )

    async def _may_publish(self, dataset: str, request: Request) -> bool:
        """Tell whether what differs is to be ingested: of a paused dataset only what a person asks for."""
        if not request.auto_ingest or request.trigger == "manual":
            return request.auto_ingest
        paused = await pauses.is_paused(self.syncs.pool, dataset)
        if paused:
            log.info("sync.paused", dataset=dataset)
        return not paused

    async def _compare(self, dataset: str) -> tuple[str | None, dict[str, str], Difference]:
        """List the dataset: one request when nothing differs.

        A difference is believed only from a listing pinned to one commit: pages of a moving branch may mix commits,
        and a folder that is being uploaded may move between them.
        """
        known = await versions.known(self.syncs.pool, dataset)
        without_tasks = await versions.without_tasks(self.syncs.pool, dataset)
        listed = await self._folders(dataset)
        difference = compare(listed, known, without_tasks)
        if difference.is_empty:
            return None, listed, difference
        revision = await self.hub.head(dataset)
        before, listed = listed, await self._folders(dataset, revision)
        if not listed and any(not model.removed for model in known.values()):
            raise ImplausibleListingError(f"the Hub lists no folder of {dataset}, which had {len(known)} models")
        difference = compare(listed, known, without_tasks)
        # The oid of the root is not known, so a listing that was cut short shows only in another one.
        if difference.vanished and listed != before and listed != await self._folders(dataset, revision):
            raise ImplausibleListingError(f"two listings of {dataset} at {revision[:12]} differ")
        return revision, listed, difference

    async def _folders(self, dataset: str, revision: str = "main") -> dict[str, str]:
        """Return the folders that can be models: no hidden one, and no name that the ingester would refuse."""
        listed = await self.hub.folders(dataset, revision)
        return {name: oid for name, oid in listed.items() if is_plain_folder_name(name)}

    async def _publish_all(
        self, dataset: str, revision: str, listed: dict[str, str], difference: Difference, request: Request
    ) -> int:
        """Publish what differs, oldest commit first, so that the newest model is ingested last and stays the latest."""
        names = difference.to_ingest
        described = await self.hub.describe(dataset, names, revision)
        folders = [described.get(name) or Folder(name, listed[name]) for name in names]
        folders.sort(key=lambda folder: (folder.published_at or datetime.max.replace(tzinfo=UTC), folder.name))
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
            stored += await self.publish(event)
        self.metrics.published.inc(stored)
        return stored

    def _count(self, dataset: str, listed: dict[str, str], difference: Difference, at: datetime) -> None:
        self.metrics.listed(dataset, at)
        counts = {
            "seen": _models(listed, difference),
            "new": len(difference.new) + len(difference.renamed),
            "changed": len(difference.changed) + len(difference.incomplete),
            "vanished": len(difference.vanished),
        }
        for state, count in counts.items():
            self.metrics.models.labels(dataset, state).set(count)


def _models(listed: Mapping[str, str], difference: Difference) -> int:
    """Return how many of the folders listed can be models."""
    return len(listed) - len(difference.without_tasks)


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
        event_sequence=request.event_sequence,
        error="; ".join(errors) or None,
    )
