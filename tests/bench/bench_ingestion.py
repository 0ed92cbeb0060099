"""One ingestion of 400 files against downloading the same files and doing nothing with them, at 50 ms and at 0 ms.

Each round runs the floor, the Hub's own client and ours after each other on the same Hub, in the same process; ours is
a new submission, as a watcher's event names it. Memory is that of a whole ingester process, at its highest, imports
included.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

import aiohttp
import asyncpg
import huggingface_hub
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.arc.task_sets import Task
from common.bus import bus, topology
from common.database.pool import open_pool
from common.database.schema import migrate
from common.events import ModelDiscovered
from common.hub.downloads import RemoteFile
from common.process.gc_tuning import settle
from huggingface_hub.utils.tqdm import disable_progress_bars
from ingester import app as ingester_app
from ingester.ingestion.ingest import Ingester
from ingester.metrics import Metrics
from ingester.settings import Settings
from ingester.store.session import column_types
from localhub import LocalHub

from tests.bench.report import figure, ratio, title
from tests.support.eventually import eventually
from tests.support.ingester_process import ingester_process
from tests.support.postgres import FAST
from tests.support.submissions import V1, answer_file, submission, tasks

MODEL = "m"
# A median public submission's file is about this large, most of it the model's own words.
REASONING = "The grid is mirrored along its diagonal, then each colour is moved by one. " * 500
MEGABYTE = 1024 * 1024
FILES_PER_COMMIT = 40  # 200 MB of large files
HEAVY_REASONING = REASONING * (5 * MEGABYTE // len(REASONING))


def main(rounds: int) -> None:
    """Run both latencies, then measure the process's memory."""
    disable_progress_bars()
    asyncio.run(_main(rounds))


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hub_dir, heavy_dir = Path(folder) / "hub", Path(folder) / "heavy"
        _fill(hub_dir, REASONING)
        _fill(heavy_dir, HEAVY_REASONING, lfs_above=MEGABYTE)
        async with _servers(Path(folder)) as (database_url, nats_url):
            await _at(0.05, hub_dir, database_url, nats_url, rounds)
            await _at(0.0, hub_dir, database_url, nats_url, rounds)
            title("Peak memory of an ingester process")
            for name, directory, target in (("40 kB", hub_dir, "120"), ("5 MB", heavy_dir, "200")):
                peak = await _peak(directory, database_url, nats_url)
                figure(f"over 400 files of {name}", [peak], "MB", target)


def _fill(directory: Path, words: str, lfs_above: int | None = None) -> None:
    hub = LocalHub(directory, lfs_above=lfs_above)
    every = tasks("ARC1-Eval")
    for start in range(0, len(every), FILES_PER_COMMIT):
        part = every[start : start + FILES_PER_COMMIT]
        hub.commit(V1, submission(MODEL, {task: _file(task, words) for task in part}))
    hub.datasets.close()


def _file(task: Task, words: str) -> bytes:
    body = answer_file(task, right=range(len(task.test)))
    share = words[: len(words) // (2 * len(task.test))]
    return body.replace(b'"because"', json.dumps(share).encode())


async def _peak(hub_dir: Path, database_url: str, nats_url: str) -> float:
    with _hub(hub_dir, 0.0) as hub_url:
        settings = {"hf_endpoint": hub_url, "hf_datasets": V1, "database_url": database_url, "nats_url": nats_url}
        async with (
            ingester_process(**settings) as ingester,
            open_pool(database_url) as pool,
            bus.connect(nats_url, "bench") as client,
        ):
            await pool.execute("TRUNCATE explanations, submission_versions CASCADE")
            await bus.publish(client, ModelDiscovered(dataset=V1, model=MODEL), "bench")
            await eventually(lambda: pool.fetchval("SELECT count(*) FROM submission_versions"), 600)
            return ingester.peak_megabytes()


@contextlib.asynccontextmanager
async def _servers(folder: Path) -> AsyncIterator[tuple[str, str]]:
    postgres = PostgresServer(folder / "pg", FAST)
    nats = NatsServer(folder / "nats")
    await postgres.start()
    try:
        await nats.start()
        await migrate(postgres.url())
        yield postgres.url(), nats.url()
    finally:
        await nats.stop()
        await postgres.stop()


@contextlib.contextmanager
def _hub(directory: Path, latency: float) -> Iterator[str]:
    arguments = [sys.executable, "-m", "tests.bench.hub_process", str(directory), str(latency)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


async def _at(latency: float, hub_dir: Path, database_url: str, nats_url: str, rounds: int) -> None:
    with _hub(hub_dir, latency) as hub_url:
        settings = Settings(hf_endpoint=hub_url, hf_datasets=(V1,), database_url=database_url, nats_url=nats_url)
        async with (
            open_pool(database_url) as pool,
            bus.connect(nats_url, "bench") as client,
            aiohttp.ClientSession() as http,
            ingester_app.hub_client(settings, metrics := Metrics()) as hub,
        ):
            await topology.apply(client.jetstream())
            columns = await column_types(pool)
            ingester = ingester_app.build_ingester(settings, pool, hub, client, metrics=metrics, columns=columns)
            settle()  # as the service does
            await _measure(latency, ingester, pool, http, rounds)


async def _measure(
    latency: float, ingester: Ingester, pool: asyncpg.Pool, http: aiohttp.ClientSession, rounds: int
) -> None:
    revision = await ingester.hub.head(V1)
    files = await ingester.hub.files(V1, MODEL, revision)
    folder = (await ingester.hub.describe(V1, [MODEL], revision))[MODEL]
    event = ModelDiscovered(dataset=V1, model=MODEL, revision=revision, tree_oid=folder.tree_oid, trigger="schedule")
    await ingester.ingest(event)
    downloads, copies, snapshots, ours = [], [], [], []
    for _ in range(rounds):
        snapshots.append(await asyncio.to_thread(_snapshot, ingester, revision))
        # The floor and ours stand side by side: the machine's speed drifts within seconds.
        started = perf_counter()
        bodies = await _download(ingester, http, revision, files)
        downloads.append(perf_counter() - started)
        copies.append(await _copy(pool, bodies))
        bodies.clear()
        await pool.execute("TRUNCATE explanations, submission_versions CASCADE")
        started = perf_counter()
        await ingester.ingest(event)
        ours.append(perf_counter() - started)
    size = sum(file.size for file in files) / MEGABYTE
    title(f"Ingestion of {len(files)} files, {size:.0f} MB, Hub latency {latency * 1000:.0f} ms")
    figure("ours", ours, "s")
    figure("floor: download with the same concurrency", downloads, "s")
    figure("rival: snapshot_download of huggingface_hub", snapshots, "s")
    floor = [download + copy for download, copy in zip(downloads, copies, strict=True)]
    if latency:
        ratio("ours / download", ours, downloads, "1.15")
        ratio("ours / snapshot_download", ours, snapshots)
    else:
        ratio("ours / (download + COPY of the same bytes)", ours, floor, "1.3")


async def _download(
    ingester: Ingester, http: aiohttp.ClientSession, revision: str, files: list[RemoteFile]
) -> list[bytes]:
    bodies: list[bytes] = []
    queue = iter(files)

    async def work() -> None:
        for file in queue:
            url = f"{ingester.hub.endpoint}/datasets/{V1}/resolve/{revision}/{quote(file.path)}"
            async with http.get(url) as response:
                bodies.append(await response.read())

    await asyncio.gather(*(work() for _ in range(ingester.settings.ingest_concurrency)))
    return bodies


def _snapshot(ingester: Ingester, revision: str) -> float:
    """Return the seconds that the Hub's own client takes for the same files, into an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        huggingface_hub.snapshot_download(
            V1,
            repo_type="dataset",
            revision=revision,
            endpoint=ingester.hub.endpoint,
            cache_dir=folder,
            allow_patterns=f"{MODEL}/*",
            max_workers=ingester.settings.ingest_concurrency,
        )
        return perf_counter() - started


async def _copy(pool: asyncpg.Pool, bodies: list[bytes]) -> float:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("CREATE TEMP TABLE floor (body jsonb) ON COMMIT DROP")
        started = perf_counter()
        records = [(body.decode(),) for body in bodies]
        await connection.copy_records_to_table("floor", records=records)
        return perf_counter() - started
