"""The first fill of both datasets without a token: the Hub's quota for anonymous callers, 50 ms for each request.

By default a tenth of the submissions under a tenth of the quota in a tenth of the window: as many requests per second,
so that ten times the time is that of the whole. `python -m tests.bench.bench_first_fill 1` runs the whole.
"""

import asyncio
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import asyncpg
from common.bus import bus
from common.database.pool import open_pool
from common.hub.client import HubClient
from common.process import logs
from watcher.metrics import Metrics
from watcher.publishing import Publisher
from watcher.store.syncs import Syncs
from watcher.sync import Request, Syncer

from tests.bench.hub.running import RunningHub, running_hub
from tests.bench.hub.submissions import REAL_FILES, REAL_MODELS, write_submission
from tests.bench.ingestion.ingesters import FILES, PACK
from tests.bench.report import figure, title
from tests.bench.servers import servers
from tests.support.eventually import eventually
from tests.support.ingester_process import ingester_process
from tests.support.submissions import V1, V2

SCALE = 10
LATENCY = 0.05
# https://huggingface.co/docs/hub/rate-limits, without a token. It names no budget of git.
REAL_QUOTA = {"api": 500, "resolvers": 3_000}
REAL_WINDOW_SECONDS = 300.0
RESERVE = 0.95  # what an ingester lets itself use of a budget
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Way:
    """A transport, git's quota (None: there is none), and by how much more the windows are shortened."""

    transport: str
    name: str
    git: int | None = None
    shortened: int = 1


WAYS = (
    Way(PACK, "by pack, git without a quota"),
    Way("auto", "auto, git with a quota of 100", git=100),
    # Nearly all of it is waiting for the next window, which nobody wants to do.
    Way(FILES, "by file", shortened=10),
)


def main(_rounds: int = 1, scale: int = SCALE) -> None:
    """Run each way once."""
    asyncio.run(_main(scale))


async def _main(scale: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        models = {
            dataset: [f"model-{number:02}" for number in range(round(count / scale))]
            for dataset, count in REAL_MODELS.items()
        }
        size = sum(write_submission(place / "hub", name, model) for name, each in models.items() for model in each)
        with running_hub(place / "hub") as hub:
            fill = Fill(hub, 400 * len(models[V1]) + 120 * len(models[V2]), sum(map(len, models.values())))
            title(
                f"First fill without a token: {fill.submissions} submissions, {fill.files:,} files,"
                f" {size / MEGABYTE:,.0f} MB; 1/{fill.scale:.3g} of the real {REAL_FILES:,}"
            )
            for number, way in enumerate(WAYS):
                async with servers(place / str(number)) as (database_url, nats_url):
                    await fill.run(way, database_url, nats_url)


@dataclass(frozen=True)
class Fill:
    """What there is to ingest."""

    hub: RunningHub
    files: int
    submissions: int

    @property
    def scale(self) -> float:
        """How many times more the real datasets are."""
        return REAL_FILES / self.files

    def scaled(self, quota: int) -> int:
        """Return the share of a real quota."""
        return round(quota / self.scale)

    async def run(self, way: Way, database_url: str, nats_url: str) -> None:
        """Fill an empty database, and print what it took."""
        window = REAL_WINDOW_SECONDS / self.scale / way.shortened
        quota = {name: self.scaled(count) for name, count in REAL_QUOTA.items()}
        quota |= {"git": self.scaled(way.git)} if way.git else {}
        settings = {"hf_datasets": f"{V1},{V2}", "database_url": database_url, "nats_url": nats_url}
        async with (
            ingester_process(**settings, hf_endpoint=self.hub.url, hf_transport=way.transport),
            open_pool(database_url) as pool,
        ):
            self.hub.order(latency=LATENCY)
            started = perf_counter()
            await _sync(pool, self.hub.url, nats_url)
            syncing = perf_counter() - started
            # What a sync asks for does not grow with the models: it is left out of the share of the quota.
            self.hub.order(quota={**quota, "window_seconds": window})
            await eventually(lambda: _landed(pool, self.files), 3 * 3600)
            seconds = perf_counter() - started
        self._print(way, syncing, seconds, window, quota)

    def _print(self, way: Way, syncing: float, seconds: float, window: float, quota: dict[str, int]) -> None:
        """Print the time, the requests, and what both mean at the real size."""
        asked = self.hub.order(quota={})
        waits = max(_waits(asked.get(name, 0), count) for name, count in quota.items())
        ingesting = seconds - syncing
        real = syncing + (ingesting - waits * window) * self.scale + waits * REAL_WINDOW_SECONDS
        figure(f"{way.name}: measured", [seconds], "s")
        for name in (*REAL_QUOTA, "git"):
            allowed = f"{quota[name]:,} per {window:.3g} s" if name in quota else "any number"
            print(f"    requests of {name}: {asked.get(name, 0):,}, allowed {allowed}")
        print(f"    refused: {asked['refused']}; waits for a new window: {waits}")
        here, there = f"{waits} x {window:.3g}", f"{waits} x {REAL_WINDOW_SECONDS:.0f}"
        print(f"    in full: sync {syncing:.1f} s + ({ingesting:.1f} - {here}) s x {self.scale:.3g} + {there} s")
        figure(f"{way.name}: both datasets in full", [real / 60], "min", "5" if way.transport == PACK else "")


def _waits(requests: int, quota: int) -> int:
    """Return how many windows end before the last of the requests may go."""
    return math.ceil(requests / int(quota * RESERVE)) - 1 if requests else 0


async def _sync(pool: asyncpg.Pool, hub_url: str, nats_url: str) -> None:
    """Do a watcher's part: list both datasets, and publish every model."""
    async with bus.connect(nats_url, "bench") as client, HubClient(hub_url) as listings:
        syncer = Syncer((V1, V2), listings, Syncs(pool), Publisher(client, pool, "watcher"), Metrics())
        await syncer.sync(Request("startup"))


async def _landed(pool: asyncpg.Pool, files: int) -> bool:
    found: int = await pool.fetchval("SELECT coalesce(sum(tasks_submitted), 0) FROM submission_versions")
    return found == files


if __name__ == "__main__":
    logs.configure("warning", "console", "bench")
    main(scale=int(sys.argv[1]))
