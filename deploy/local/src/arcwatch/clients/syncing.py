"""One sync from the command line: the watcher's own parts, run in this process against a deployment."""

from collections.abc import Collection
from dataclasses import replace

from common.database.pool import open_pool
from common.database.schema import check_migrated
from common.events import SyncCompleted
from common.process.choices import not_watched, watched
from watcher import app as watcher
from watcher.metrics import Metrics
from watcher.settings import Settings
from watcher.sync import Request

from arcwatch.clients.bus import connected
from arcwatch.errors import DeploymentError

# A user waits for the answer; the watcher itself is more patient.
_RETRY_SECONDS = (2.0,)


async def sync(settings: Settings, datasets: Collection[str], *, auto_ingest: bool, by: str) -> SyncCompleted:
    """Compare the Hub with the database, and publish what differs where `auto_ingest` says so."""
    chosen = _chosen(settings, datasets)
    metrics = Metrics()
    async with (
        open_pool(settings.database_url.get_secret_value(), wait_seconds=0) as pool,
        connected(settings.nats_url.get_secret_value()) as client,
        watcher.hub_client(settings, metrics) as hub,
    ):
        await check_migrated(pool)
        syncer = replace(watcher.build(settings, pool, hub, client, metrics), retry_seconds=_RETRY_SECONDS)
        completed = await syncer.sync(Request("manual", chosen, auto_ingest=auto_ingest, requested_by=by))
        if completed is None:
            raise AssertionError("a sync without a tick is never another watcher's")
        return completed


def _chosen(settings: Settings, datasets: Collection[str]) -> tuple[str, ...]:
    found = {dataset: watched(dataset, settings.hf_datasets) for dataset in datasets}
    for dataset, name in found.items():
        if name is None:
            raise DeploymentError(not_watched(dataset, settings.hf_datasets))
    return tuple(dict.fromkeys(filter(None, found.values()))) or settings.hf_datasets
