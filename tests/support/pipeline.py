"""The watcher's and the ingester's real parts, put together on a test's own Hub, NATS and PostgreSQL."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from common.bus import bus, topology
from common.database.pool import PoolOptions, open_pool
from common.events import ModelDiscovered, ModelIngested
from common.hub.client import HubClient
from ingester import app as ingester_app
from ingester.ingestion.ingest import Ingester
from ingester.metrics import Metrics as IngesterMetrics
from ingester.settings import Settings as IngesterSettings
from ingester.store.session import column_types
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from watcher.metrics import Metrics as WatcherMetrics
from watcher.publishing import Publisher
from watcher.store.syncs import Syncs
from watcher.sync import Request, Syncer

from tests.support.hub import TestHub
from tests.support.submissions import V1, V2

POOL = PoolOptions()


async def is_behind(js: JetStreamContext) -> bool:
    """Tell whether the ingesters' durable has events to deliver.

    By places on the stream: the server adds a message to `num_pending` a moment after it has stored it.
    """
    try:
        newest = (await js.get_last_msg(topology.STREAM, ModelDiscovered.subject)).seq or 0
    except NotFoundError:
        return False
    delivered = (await js.consumer_info(topology.STREAM, topology.INGESTER.name)).delivered
    return delivered is None or delivered.stream_seq < newest


@dataclass
class Pipeline:
    """What a test drives: `sync` publishes, `drain` does an ingester's part with what was published."""

    hub: TestHub
    pool: asyncpg.Pool
    client: Client
    syncer: Syncer
    ingester: Ingester
    published: list[ModelDiscovered] = field(default_factory=list)

    async def sync(self, **options: Any) -> Any:
        """Run one sync; what it publishes waits for `drain`."""
        return await self.syncer.sync(Request(**{"trigger": "schedule", **options}))

    async def drain(self) -> list[ModelIngested | None]:
        """Ingest every event that syncs published, in order, and settle what the stream holds of them."""
        events, self.published = self.published, []
        done = [await self.ingester.ingest(event) for event in events]
        for message in await self.delivered():
            await message.ack_sync()
        return done

    async def delivered(self) -> list[Msg]:
        """Take what the ingesters' durable has not delivered yet; an ack settles it."""
        js = self.client.jetstream()
        subscription = await js.pull_subscribe_bind(topology.INGESTER.name, topology.STREAM, inbox_prefix=b"_INBOX.")
        found: list[Msg] = []
        while await is_behind(js):
            came = await subscription.fetch(1, timeout=30)
            found += [message for message in came if message.metadata.num_delivered == 1]
        await subscription.unsubscribe()
        return found

    async def settle(self) -> list[ModelIngested | None]:
        """Sync and ingest once."""
        await self.sync()
        return await self.drain()

    async def version(self, model: str, dataset: str = V2) -> asyncpg.Record:
        """Return the model's current version."""
        row = await self.pool.fetchrow(
            "SELECT * FROM submission_versions WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL",
            dataset,
            model,
        )
        assert row is not None, f"{model} has no current version"
        return row

    async def errors(self, model: str, dataset: str = V2) -> dict[str, str]:
        """Return task id -> kind of the files that the current version could not use."""
        version = await self.version(model, dataset)
        rows = await self.pool.fetch(
            "SELECT puzzle_id, kind FROM ingestion_errors WHERE run_id = $1 AND fatal", version["run_id"]
        )
        return {row["puzzle_id"]: row["kind"] for row in rows}

    def downloads(self) -> int:
        """Return how many files have come, by whichever transport."""
        return self.ingester.hub.transports.files.total()


@contextlib.asynccontextmanager
async def build(hub: TestHub, database_url: str, nats_url: str, **settings: Any) -> AsyncIterator[Pipeline]:
    """Yield a pipeline whose retries do not wait."""
    chosen = IngesterSettings(
        **{
            "hf_endpoint": hub.url,
            "hf_datasets": (V1, V2),
            "database_url": database_url,
            "nats_url": nats_url,
            **settings,
        }
    )
    async with (
        open_pool(database_url, POOL) as pool,
        bus.connect(nats_url, "test") as client,
        ingester_app.hub_client(chosen, metrics := IngesterMetrics()) as downloads,
        HubClient(hub.url) as listings,
    ):
        await topology.apply(client.jetstream())
        columns = await column_types(pool)
        ingester = ingester_app.build_ingester(chosen, pool, downloads, client, metrics=metrics, columns=columns)
        publish = Publisher(client, pool, "watcher")
        pipeline = Pipeline(hub, pool, client, None, ingester)  # type: ignore[arg-type] # set below

        async def recording(event: Any) -> bool:
            stored = await publish(event)
            if stored and isinstance(event, ModelDiscovered):
                pipeline.published.append(event)
            return stored

        pipeline.syncer = Syncer(
            datasets=(V1, V2),
            hub=listings,
            syncs=Syncs(pool),
            publish=recording,
            metrics=WatcherMetrics(),
            retry_seconds=(),
        )
        yield pipeline
