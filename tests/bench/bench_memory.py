"""The most memory that a whole ingester process ever holds over one ingestion, imports included, by each transport.

It takes minutes: the Hub and the database compress 2 GB and more.
"""

import asyncio
import tempfile
from pathlib import Path

from common.bus import bus
from common.database.pool import open_pool
from common.events import ModelDiscovered

from tests.bench.hub.running import running_hub
from tests.bench.hub.submissions import write_submission
from tests.bench.ingestion.ingesters import EMPTY, FILES, IN_WORDS, PACK
from tests.bench.report import figure, title
from tests.bench.servers import servers
from tests.support.eventually import eventually
from tests.support.ingester_process import ingester_process
from tests.support.submissions import V1

MODEL = "m"
MEGABYTE = 1024 * 1024


def main(_rounds: int) -> None:
    """Measure each once: a peak is one."""
    asyncio.run(_main())


async def _main() -> None:
    title("Peak memory of an ingester process")
    await _at("40 kB", None, "120")
    await _at("5 MB", 5 * MEGABYTE, "200")


async def _at(words: str, size: int | None, target: str) -> None:
    """Measure the transports over one submission."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_submission(place / "hub", V1, MODEL, size)
        async with servers(place) as (database_url, nats_url):
            with running_hub(place / "hub") as hub:
                for transport in (PACK, FILES):
                    peak = await _peak(hub.url, database_url, nats_url, transport)
                    figure(f"over 400 files of {words}, {IN_WORDS[transport]}", [peak], "MB", target)


async def _peak(hub_url: str, database_url: str, nats_url: str, transport: str) -> float:
    settings = {"hf_endpoint": hub_url, "hf_datasets": V1, "database_url": database_url, "nats_url": nats_url}
    async with (
        ingester_process(**settings, hf_transport=transport) as ingester,
        open_pool(database_url) as pool,
        bus.connect(nats_url, "bench") as client,
    ):
        await pool.execute(EMPTY)
        await bus.publish(client, ModelDiscovered(dataset=V1, model=MODEL), "bench")
        await eventually(lambda: pool.fetchval("SELECT count(*) FROM submission_versions"), 600)
        return ingester.peak_megabytes()
