"""A PostgreSQL and a NATS of a benchmark's own; BENCH_DATABASE_URL names an empty database of another PostgreSQL.

Which one it is matters: the embedded one compresses with pglz, as its build has no lz4.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.schema import migrate

from tests.support.postgres import FAST


@contextlib.asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Yield the URLs of a migrated database and of a NATS with our streams."""
    nats = NatsServer(folder / "nats")
    async with _database(folder) as database_url:
        try:
            await nats.start()
            await migrate(database_url)
            async with bus.connect(nats.url(), "bench") as client:
                await topology.apply(client.jetstream())
            yield database_url, nats.url()
        finally:
            await nats.stop()


@contextlib.asynccontextmanager
async def _database(folder: Path) -> AsyncIterator[str]:
    if given := os.environ.get("BENCH_DATABASE_URL"):
        yield given
        return
    postgres = PostgresServer(folder / "pg", FAST)
    await postgres.start()
    try:
        yield postgres.url()
    finally:
        await postgres.stop()
