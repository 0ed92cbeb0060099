"""A PostgreSQL and a NATS of a benchmark's own."""

import contextlib
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
    postgres, nats = PostgresServer(folder / "pg", FAST), NatsServer(folder / "nats")
    await postgres.start()
    try:
        await nats.start()
        await migrate(postgres.url())
        async with bus.connect(nats.url(), "bench") as client:
            await topology.apply(client.jetstream())
        yield postgres.url(), nats.url()
    finally:
        await nats.stop()
        await postgres.stop()
