"""On a cluster, the death of the stream's leader and of an ingester loses no submission and doubles none."""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import asyncpg
import nats.errors
import pytest
from common.bus import bus, topology
from common.bus.topology import DEAD_STREAM, STREAM
from common.events import ModelIngested
from common.hub.client import HubClient
from localhub import LocalHub
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, DeliverPolicy
from watcher.metrics import Metrics as WatcherMetrics
from watcher.store.syncs import Syncs
from watcher.sync import Request, Syncer

from tests.support.eventually import eventually
from tests.support.ingester_process import ingester_process
from tests.support.nats_cluster import cluster
from tests.support.submissions import V2, solved, submission, tasks

SUBMISSIONS = 300


@pytest.mark.timeout(240)
async def test_every_submission_lands_exactly_once_whoever_dies(
    hub: LocalHub, database_url: str, tmp_path: Path
) -> None:
    files = {name: body for n in range(SUBMISSIONS) for name, body in _submission(n).items()}
    hub.commit(V2, files)
    async with (
        cluster(tmp_path) as servers,
        bus.connect(servers.url(), "test") as client,
        asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool,
        contextlib.AsyncExitStack() as stack,
    ):
        await _applied(client)
        await _publish_backlog(hub, pool, client)
        ingesters = await asyncio.gather(
            *(
                stack.enter_async_context(
                    ingester_process(
                        hf_endpoint=hub.url,
                        hf_datasets=V2,
                        database_url=database_url,
                        nats_url=servers.url(),
                        arcwatch_instance=f"ingester-{number}",
                    )
                )
                for number in range(3)
            )
        )
        await eventually(lambda: _landed(pool, 60), 90)
        leader = await _leader(client)
        await servers.nodes[leader].kill()
        await eventually(lambda: _landed(pool, 150), 90)
        await ingesters[0].kill()
        await eventually(lambda: _landed(pool, SUBMISSIONS), 120)
        assert await _leader(client) != leader
        # What was committed while the stream had no leader is announced by its next delivery.
        await eventually(lambda: _settled(client), 90)

        runs = await pool.fetch("SELECT dataset_name, status, count(*) FROM ingestion_runs GROUP BY 1, 2")
        assert {(row["status"], row["count"]) for row in runs} == {("completed", 1)}
        rows = await pool.fetchval("SELECT count(*) FROM explanations")
        assert rows == SUBMISSIONS * 2
        assert await _announced(client) == dict.fromkeys((f"model-{n:03}" for n in range(SUBMISSIONS)), 1)
        assert (await client.jetstream().stream_info(DEAD_STREAM)).state.messages == 0


def _submission(number: int) -> dict[str, bytes | None]:
    task = tasks()[number % 20]
    return submission(f"model-{number:03}", {task: solved(task)})


async def _applied(client: Client) -> None:
    """Apply the topology; the cluster may still be choosing who leads it."""

    async def done() -> bool:
        try:
            await topology.apply(client.jetstream(timeout=10), replicas=3)
        except nats.errors.Error:
            return False
        return not await topology.drift(client.jetstream(timeout=10), replicas=3)

    await eventually(done, 30)


async def _publish_backlog(hub: LocalHub, pool: asyncpg.Pool, client: Client) -> None:
    async def publish(event: object) -> bool:
        return not (await bus.publish(client, event, "watcher")).duplicate  # type: ignore[arg-type] # the syncer's own events

    async with HubClient(hub.url) as listings:
        syncer = Syncer((V2,), listings, Syncs(pool), publish, WatcherMetrics())
        completed = await syncer.sync(Request("schedule"))
    assert completed is not None
    assert completed.new_models_found == SUBMISSIONS


async def _landed(pool: asyncpg.Pool, count: int) -> bool:
    return bool(await pool.fetchval("SELECT count(*) >= $1 FROM submission_versions", count))


async def _leader(client: Client) -> str:
    async def found() -> str | None:
        try:
            info = await client.jetstream(timeout=2).stream_info(STREAM)
        except nats.errors.Error:
            return None
        return info.cluster.leader if info.cluster else None

    return await eventually(found, 30) or ""


async def _announced(client: Client) -> Counter[str]:
    """Return how often each model was announced as ingested."""
    js = client.jetstream()
    found: Counter[str] = Counter()
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
    subscription = await js.subscribe(ModelIngested.subject, stream=STREAM, ordered_consumer=True, config=config)
    stored = (await js.stream_info(STREAM, ModelIngested.subject)).state.subjects or {}
    for _ in range(stored[ModelIngested.subject]):
        message = await subscription.next_msg(timeout=10)
        found[ModelIngested.model_validate_json(message.data).model] += 1
    await subscription.unsubscribe()
    return found


async def _settled(client: Client) -> bool:
    try:
        info = await client.jetstream().consumer_info(STREAM, topology.INGESTER.name)
    except nats.errors.Error:
        return False
    return not info.num_pending and not info.num_ack_pending
