"""An ingester in the benchmark's own process, by one transport, and what a watcher would tell it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from common.bus import bus
from common.events import ModelDiscovered
from common.hub.client import HubClient
from ingester import app as ingester_app
from ingester.ingestion.ingest import Ingester
from ingester.metrics import Metrics
from ingester.settings import Settings
from ingester.store.session import column_types

from tests.support.submissions import V1, V2

# Never `auto`: what it falls back to would be measured under another name.
PACK, FILES = "pack", "files"
IN_WORDS = {PACK: "by pack", FILES: "by file"}
EMPTY = "TRUNCATE explanations, submission_versions CASCADE"


@contextlib.asynccontextmanager
async def ingester(pool: asyncpg.Pool, transport: str, **urls: Any) -> AsyncIterator[Ingester]:
    """Yield an ingester of both datasets; `urls` are those fields of its Settings."""
    settings = Settings(hf_datasets=(V1, V2), hf_transport=transport, **urls)
    async with (
        bus.connect(urls["nats_url"], "bench") as client,
        ingester_app.hub_client(settings, metrics := Metrics()) as hub,
    ):
        columns = await column_types(pool)
        yield ingester_app.build_ingester(settings, pool, hub, client, metrics=metrics, columns=columns)


async def discovered(hub: HubClient, dataset: str, model: str) -> ModelDiscovered:
    """Return the event of a new submission."""
    revision = await hub.head(dataset)
    folder = (await hub.describe(dataset, [model], revision))[model]
    return ModelDiscovered(
        dataset=dataset, model=model, revision=revision, tree_oid=folder.tree_oid, trigger="schedule"
    )
