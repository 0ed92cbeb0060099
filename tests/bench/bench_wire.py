"""What a new submission costs the Hub and the line: requests by budget, and bytes both ways, with every header."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from common.database.pool import open_pool

from tests.bench.hub.running import RunningHub, running_hub
from tests.bench.hub.submissions import compression, files, write_submission
from tests.bench.ingestion.ingesters import EMPTY, FILES, IN_WORDS, PACK, discovered, ingester
from tests.bench.report import figure, title
from tests.bench.servers import servers
from tests.support.relay import Relay
from tests.support.submissions import V1, V2

MODEL = "m"
TARGETS = {PACK: "3", FILES: ""}
MEGABYTE = 1024 * 1024


def main(_rounds: int) -> None:
    """Count each once: counts do not vary."""
    asyncio.run(_main())


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for dataset in (V1, V2):
            write_submission(place / "hub", dataset, MODEL)
        async with servers(place) as (database_url, nats_url):
            with running_hub(place / "hub") as hub:
                for dataset in (V1, V2):
                    await _compare(dataset, hub, database_url, nats_url)


async def _compare(dataset: str, hub: RunningHub, database_url: str, nats_url: str) -> None:
    bodies = [body for _, body in files(dataset, MODEL)]
    size = sum(map(len, bodies)) / MEGABYTE
    title(f"A new submission of {len(bodies)} files, {size:.1f} MB, {compression(bodies):.1f} times smaller under zlib")
    async with Relay(urlsplit(hub.url).port or 80) as relay:
        await relay.let_through()
        urls = {"hf_endpoint": f"http://127.0.0.1:{relay.port}", "database_url": database_url, "nats_url": nats_url}
        by_pack, by_file = [await _carried(dataset, each, hub, relay, urls) for each in (PACK, FILES)]
        figure("bytes: by pack / by file", [by_pack / by_file], "x", "0.33")
        if shutil.which("git"):
            hub.order(debian=True)
            print("  by Debian's git, which looks for deltas:")
            by_pack = await _carried(dataset, PACK, hub, relay, urls)
            figure("bytes: by pack / by file", [by_pack / by_file], "x")


async def _carried(dataset: str, transport: str, hub: RunningHub, relay: Relay, urls: dict[str, str]) -> float:
    """Ingest, print the requests, and return the megabytes."""
    async with open_pool(urls["database_url"]) as pool, ingester(pool, transport, **urls) as ours:
        await pool.execute(EMPTY)
        event = await discovered(ours.hub, dataset, MODEL)
        hub.order()
        before = relay.carried
        await ours.ingest(event)
        carried = (relay.carried - before) / MEGABYTE
        asked = {budget: count for budget, count in hub.order().items() if count}
    budgets = ", ".join(f"{count} {budget}" for budget, count in asked.items())
    figure(f"requests {IN_WORDS[transport]}: {budgets}", [sum(asked.values())], "", TARGETS[transport])
    figure(f"bytes {IN_WORDS[transport]}", [carried], "MB")
    return carried
