"""What watching costs: a sync over 2,000 models, idle and with everything new; and from a commit to its event."""

import asyncio
import contextlib
import os
import tempfile
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.pool import open_pool
from common.database.schema import migrate
from common.events import ModelDiscovered
from common.hub.client import HubClient
from localhub.web.webhooks import Watched, Webhook
from watcher.metrics import Metrics
from watcher.publishing import Publisher
from watcher.store.syncs import Syncs
from watcher.sync import Request, Syncer

from tests.bench.report import figure, title
from tests.support.hub import TestHub
from tests.support.submissions import V1, V2, solved, submission, tasks
from tests.support.system import whole

MODELS = 2_000
MEGABYTE = 1024 * 1024
SECRET = "bench"
_KNOWN = """
INSERT INTO submission_versions (hf_dataset, model, tree_oid, revision, source, display_name, ingested_at, run_id,
    status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score, attempts, errors)
VALUES ($1, $2, $3, '', 'ARC2-Eval', '', now(), 0, 'completed', 1, 1, 1, 1, 1, 1, '[]', 0)
"""


def main(rounds: int) -> None:
    """Run all three."""
    asyncio.run(_main(rounds))


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        async with _servers(place / "one") as (database_url, nats_url), TestHub(place / "many") as hub:
            await _listing(hub, database_url, nats_url, rounds)
        async with _servers(place / "two") as (database_url, nats_url), TestHub(place / "few") as hub:
            await _webhook(hub, database_url, nats_url, rounds)


@contextlib.asynccontextmanager
async def _servers(folder: Path) -> AsyncIterator[tuple[str, str]]:
    nats, postgres = NatsServer(folder / "nats"), PostgresServer(folder / "postgres")
    await nats.start()
    await postgres.start()
    try:
        await migrate(postgres.url())
        yield postgres.url(), nats.url()
    finally:
        await nats.stop()
        await postgres.stop()


async def _listing(hub: TestHub, database_url: str, nats_url: str, rounds: int) -> None:
    hub.commit(V2, {f"model-{number:04}/x.json": b"[%d]" % number for number in range(MODELS)})
    async with (
        open_pool(database_url) as pool,
        bus.connect(nats_url, "bench") as client,
        HubClient(hub.url) as listings,
    ):
        await topology.apply(client.jetstream())
        syncer = Syncer((V2,), listings, Syncs(pool), Publisher(client, pool, "watcher"), Metrics())
        title(f"A sync over {MODELS} models, the Hub in the same process")
        figure("every model new, and published", [await _seconds(syncer)], "s")
        listed = await syncer.hub.folders(V2)
        await pool.executemany(_KNOWN, [(V2, name, oid) for name, oid in listed.items()])
        hub.requests.clear()
        figure("idle", [await _seconds(syncer) for _ in range(rounds)], "s", "2")
        figure("idle: requests, of 1,000 entries each", [len(list(hub.requests)) / rounds])
        tracemalloc.start()
        await _seconds(syncer)
        figure("idle: memory at the highest", [tracemalloc.get_traced_memory()[1] / MEGABYTE], "MB", "50")
        tracemalloc.stop()


async def _seconds(syncer: Syncer) -> float:
    started = perf_counter()
    await syncer.sync(Request("schedule"))
    return perf_counter() - started


async def _webhook(hub: TestHub, database_url: str, nats_url: str, rounds: int) -> None:
    task = tasks()[0]
    hub.commit(V2, submission("first", {task: solved(task)}))
    hub.commit(V1, {"README.md": b"x"})
    os.environ["HF_WEBHOOK_SECRET"] = SECRET
    heard: asyncio.Queue[float] = asyncio.Queue()
    title("From a commit to its event, over the webhook")
    async with whole(hub, database_url, nats_url) as system:

        async def hear(_: object) -> None:
            heard.put_nowait(perf_counter())

        await system.client.subscribe(ModelDiscovered.subject, cb=hear)
        address, watched = f"{system.api}/webhooks/huggingface", (Watched(type="dataset", name=V2),)
        hub.webhooks.register(Webhook(url=address, watched=watched, secret=SECRET))
        waits = []
        for number in range(rounds):
            # What the start or the round before found is heard by now.
            while not heard.empty():
                heard.get_nowait()
            hub.commit(V2, submission(f"model-{number}", {task: solved(task)}))
            committed = perf_counter()
            waits.append(await heard.get() - committed)
            await asyncio.sleep(1.0)
        figure("model.discovered", waits, "s", "1")
