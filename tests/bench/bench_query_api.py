"""The hot path against a bare aiohttp handler of the same bytes, and against one indexed query per request.

Server and client have a core each. CPU seconds of the server's process stand beside the rates: they stay true on a
busy machine.
"""

import asyncio
import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import asyncpg
import nats
import psutil
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.arc.task_sets import load_task_set
from common.bus import topology
from common.database.schema import migrate

from tests.bench.api_process import Process, started
from tests.bench.load import load
from tests.bench.report import figure, ratio, title
from tests.support.postgres import FAST
from tests.support.writer import Writer

PATH = "/api/metrics/latest-model"
REQUESTS = 8_000
MODELS = 300


def main(rounds: int) -> None:
    """Run all."""
    asyncio.run(_main(rounds))


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        postgres = PostgresServer(Path(folder) / "pg", FAST)
        server = NatsServer(Path(folder) / "nats")
        await postgres.start()
        await server.start()
        try:
            await migrate(postgres.url())
            await _fill(postgres.url(), server.url())
            await _compare(postgres.url(), server.url(), rounds)
        finally:
            await server.stop()
            await postgres.stop()


# What each submission makes of each task: as many solved as its score says.
_RESULTS = """
INSERT INTO task_results SELECT v.id, task, 'a blob', 1, (place < v.score * 120)::int
FROM submission_versions v, unnest($1::text[]) WITH ORDINALITY AS tasks (task, place)
"""


async def _fill(database_url: str, nats_url: str) -> None:
    client = await nats.connect(nats_url)
    await topology.apply(client.jetstream())
    async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
        writer = Writer(pool, client)
        for number in range(MODELS):
            await writer.ingest(f"model-{number}", score=number / MODELS)
        await pool.execute(_RESULTS, sorted(load_task_set("ARC2-Eval").tasks))
        await pool.execute("ANALYZE")
    await client.close()


@dataclass(frozen=True)
class Rate:
    """What one run measured."""

    per_second: float
    cpu_microseconds: float
    p99_ms: float


async def _measure(process: Process, url: str, requests: int = REQUESTS) -> Rate:
    watched = psutil.Process(process.pid)
    before = sum(watched.cpu_times()[:2])
    seconds, each = await load(url, requests)
    cpu = sum(watched.cpu_times()[:2]) - before
    p99 = sorted(each)[int(len(each) * 0.99)]
    return Rate(requests / seconds, 1e6 * cpu / requests, 1000 * p99)


async def _compare(database_url: str, nats_url: str, rounds: int) -> None:
    psutil.Process().cpu_affinity([(os.cpu_count() or 1) - 1])
    with contextlib.ExitStack() as stack:
        ours, url = stack.enter_context(started("ours", database_url, nats_url))
        body = await asyncio.to_thread(_read, f"{url}{PATH}")
        rivals = {
            "bare": stack.enter_context(started("bare", database_url, nats_url, body=body)),
            "querying": stack.enter_context(started("querying", database_url, nats_url)),
        }
        title(f"latest-model, {len(body)} bytes, {REQUESTS} requests on 16 connections, {rounds} rounds")
        found: dict[str, list[Rate]] = {name: [] for name in ("ours", *rivals)}
        for _ in range(rounds):
            found["ours"].append(await _measure(ours, f"{url}{PATH}"))
            for name, (process, base) in rivals.items():
                found[name].append(
                    await _measure(process, f"{base}{PATH}", REQUESTS // (4 if name == "querying" else 1))
                )
        _report(found)
        title(f"other reads from the view, {MODELS} submissions")
        for path in (
            "/api/models",
            "/api/tasks",
            "/api/admin/cron-status",
            "/api/model-dataset/models",
            "/api/model-dataset/datasets",
        ):
            rates = [await _measure(ours, f"{url}{path}", REQUESTS // 4) for _ in range(rounds)]
            figure(path, [rate.per_second for rate in rates], "/s")
            figure(f"{path}: p99", [rate.p99_ms for rate in rates], "ms")


def _read(url: str) -> bytes:
    with urlopen(url) as answer:
        body: bytes = answer.read()
        return body


def _report(found: dict[str, list[Rate]]) -> None:
    for name, rates in found.items():
        figure(f"{name}: requests", [rate.per_second for rate in rates], "/s")
        figure(f"{name}: CPU per request", [rate.cpu_microseconds for rate in rates], "us")
        figure(f"{name}: p99", [rate.p99_ms for rate in rates], "ms")
    speed = {name: [rate.per_second for rate in rates] for name, rates in found.items()}
    cpu = {name: [rate.cpu_microseconds for rate in rates] for name, rates in found.items()}
    ratio("ours to bare, requests per second", speed["ours"], speed["bare"], ">= 0.8")
    ratio("bare to ours, CPU per request", cpu["bare"], cpu["ours"], ">= 0.8")
    ratio("ours to a query per request, requests per second", speed["ours"], speed["querying"], ">= 5")
