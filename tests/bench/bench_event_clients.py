"""A thousand pages listening to /api/events: how long until all have heard, and what the API's other callers notice."""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import asyncpg
import nats
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.bus import topology
from common.bus.bus import publish_unstored
from common.database.schema import migrate
from common.events import IngestionProgress

from tests.bench.api_process import started
from tests.bench.load import load
from tests.bench.report import figure, title
from tests.support.postgres import FAST
from tests.support.writer import DATASET, Writer

CLIENTS = 1_000
EVENTS = 20
PATH = "/api/metrics/latest-model"
REQUESTS = 4_000


def main(rounds: int) -> None:
    """Open the connections and measure."""
    asyncio.run(_main(rounds))


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        postgres = PostgresServer(Path(folder) / "pg", FAST)
        server = NatsServer(Path(folder) / "nats")
        await postgres.start()
        await server.start()
        client = await nats.connect(server.url())
        try:
            await migrate(postgres.url())
            await topology.apply(client.jetstream())
            async with asyncpg.create_pool(postgres.url(), min_size=1, max_size=1) as pool:
                with started("ours", postgres.url(), server.url()) as (_, url):
                    await _measure(url, Writer(pool, client), rounds)
        finally:
            await client.close()
            await server.stop()
            await postgres.stop()


async def _measure(url: str, writer: Writer, rounds: int) -> None:
    await writer.publish(await writer.ingest("first"))
    title(f"{CLIENTS} clients of /api/events")
    alone = [(await load(f"{url}{PATH}", REQUESTS, 4))[1] for _ in range(rounds)]
    figure("latest-model without clients: p99", [_p99(each) for each in alone], "ms")
    listeners = await asyncio.gather(*(_Listener.open(url) for _ in range(CLIENTS)))
    beside = [(await load(f"{url}{PATH}", REQUESTS, 4))[1] for _ in range(rounds)]
    figure("... with clients: p99", [_p99(each) for each in beside], "ms")
    delays, busy = [], []
    for number in range(rounds):
        chatter = asyncio.create_task(_chatter(writer))
        busy.append((await load(f"{url}{PATH}", REQUESTS, 4))[1])
        chatter.cancel()
        event = await writer.ingest(f"m-{number}")
        began = perf_counter()
        await writer.publish(event)
        await asyncio.gather(*(each.hears(event.model) for each in listeners))
        delays.append(1000 * (perf_counter() - began))
    figure("... while two ingestions tell their progress: p99", [_p99(each) for each in busy], "ms")
    figure("until all have heard of a new model", delays, "ms")
    for each in listeners:
        each.close()


async def _chatter(writer: Writer) -> None:
    # Two ingesters, four times a second each: the most that they tell.
    for done in range(10_000):
        for run_id in (1, 2):
            progress = IngestionProgress(run_id=run_id, dataset=DATASET, model="m", done=done, total=10_000)
            await publish_unstored(writer.client, progress)
        await asyncio.sleep(0.25)


def _p99(seconds: list[float]) -> float:
    return 1000 * sorted(seconds)[int(len(seconds) * 0.99)]


class _Listener:
    """One page."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> "_Listener":
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(b"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"retry: 2000\n\n")
        return cls(reader, writer)

    async def hears(self, model: str) -> None:
        """Wait for the event of a model, past all others."""
        await self._reader.readuntil(f'"model":"{model}"'.encode())

    def close(self) -> None:
        self._writer.close()
