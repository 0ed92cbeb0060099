"""What one new submission costs PostgreSQL: rows that its commit writes once, or that are staged first.

WAL and pages are counted by the server, its CPU by the kernel: they hardly depend on what else the machine does.
"""

import asyncio
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import asyncpg
from common.database.pool import open_pool

from tests.bench.hub.running import running_hub
from tests.bench.hub.submissions import write_submission
from tests.bench.ingestion.ingesters import EMPTY, FILES, PACK, discovered, ingester
from tests.bench.report import figure, ratio, title
from tests.bench.servers import servers
from tests.support.submissions import V1

MODEL = "m"
MEGABYTE = 1024 * 1024
WAYS = {PACK: "by pack, written once", FILES: "by file, staged first"}
TABLES = "SELECT sum(pg_total_relation_size(name)) FROM unnest(ARRAY['explanations', 'staged_rows']) AS name"
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"


class Cost(NamedTuple):
    """MB of WAL and of pages in tables, and the CPU seconds of all connections."""

    wal: float
    pages: float
    cpu: float


def main(rounds: int) -> None:
    """Run both ways after each other, round by round."""
    asyncio.run(_main(rounds))


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        size = write_submission(place / "hub", V1, MODEL) / MEGABYTE
        async with servers(place) as (database_url, nats_url), open_pool(database_url) as pool:
            with running_hub(place / "hub") as hub:
                urls = {"hf_endpoint": hub.url, "database_url": database_url, "nats_url": nats_url}
                costs = await _rounds(pool, rounds, urls)
    title(f"What a new submission of 400 files, {size:.0f} MB, costs PostgreSQL")
    for way, name in WAYS.items():
        for place_of, (what, unit) in enumerate((("WAL", "MB"), ("pages of its rows", "MB"), ("CPU", "s"))):
            figure(f"{name}: {what}", [cost[place_of] for cost in costs[way]], unit)
    for place_of, what in enumerate(("WAL", "pages", "CPU")):
        once, staged = ([cost[place_of] for cost in costs[way]] for way in WAYS)
        ratio(f"{what}, written once / staged first", once, staged)


async def _rounds(pool: asyncpg.Pool, rounds: int, urls: dict[str, str]) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = defaultdict(list)
    async with ingester(pool, PACK, **urls) as by_pack, ingester(pool, FILES, **urls) as by_file:
        event = await discovered(by_file.hub, V1, MODEL)
        for place in range(rounds + 1):
            for way, ours in ((PACK, by_pack), (FILES, by_file)):
                await pool.execute(f"{EMPTY}; TRUNCATE staged_rows")
                before = await _sum(pool)
                await ours.ingest(event)
                cost = Cost(*(after - then for after, then in zip(await _sum(pool), before, strict=True)))
                if place:  # the first one also fills caches, here and there
                    costs[way].append(cost)
    return costs


async def _sum(pool: asyncpg.Pool) -> Cost:
    wal = await pool.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
    pages = await pool.fetchval(TABLES)
    seconds = sum(_cpu_seconds(row["pid"]) for row in await pool.fetch(BACKENDS))
    return Cost(float(wal) / MEGABYTE, float(pages) / MEGABYTE, seconds)


def _cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
