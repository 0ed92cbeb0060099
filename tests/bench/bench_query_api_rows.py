"""The reads that ask the database, with four million `explanations` rows: the p99 of each, one request at a time.

The rows lie as ingestions write them, one model after the other, and are about as wide as real ones. Filling takes a
few minutes.
"""

import asyncio
import contextlib
import random
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import aiohttp
import asyncpg
import nats
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.bus import topology
from common.database.schema import migrate
from common.process.gc_tuning import settle
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.bench.report import figure, title
from tests.support.postgres import FAST
from tests.support.submissions import V1, tasks
from tests.support.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = 5_000
ATTEMPTS = 2
REQUESTS = 150

# 400 tasks of ARC-AGI-1's public evaluation set, every tenth with two pairs (19 of 400 really).
_FILL = """
INSERT INTO explanations (puzzle_id, pattern_description, solving_strategy, model_name, prompt_template_id, hf_dataset,
    is_prediction_correct, has_multiple_predictions, multi_test_all_correct, multi_test_results, num_test_pairs,
    estimated_cost, total_tokens, api_processing_time_ms, ingested_at, run_id, predicted_output_grid)
SELECT task, repeat('The grid is mirrored. ', 20), '', 'model-' || model || '-attempt' || attempt,
    'external-huggingface', $3, CASE WHEN n % 10 > 0 THEN random() < 0.4 END, n % 10 = 0,
    CASE WHEN n % 10 = 0 THEN false END,
    CASE WHEN n % 10 = 0 THEN jsonb_build_array(
        jsonb_build_object('index', 0, 'isPredictionCorrect', true, 'predictedGrid', $4::jsonb),
        jsonb_build_object('index', 1, 'isPredictionCorrect', false, 'predictedGrid', $4::jsonb)) END,
    CASE WHEN n % 10 = 0 THEN 2 ELSE 1 END, random(), 1000 * random(), 10000 * random(), now(), model, $4::jsonb
FROM generate_series($1::int, $2::int) AS model, generate_series(1, 2) AS attempt,
    unnest($5::text[]) WITH ORDINALITY AS t (task, n)
"""
_RESULTS = """
INSERT INTO task_results SELECT id, t, md5(t), 1, 1 FROM submission_versions, unnest($1::text[]) AS t WHERE id <= 500
"""
_GRID = str([[number % 10 for number in range(12)]] * 12)


def main(rounds: int) -> None:
    """Fill and measure."""
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
            settings = Settings(
                database_url=SecretStr(postgres.url()), nats_url=SecretStr(server.url()), port=0, ops_port=0,
                hf_datasets=(V1,), log_level="error",
            )  # fmt: skip
            async with serving(settings) as (url, *_), aiohttp.ClientSession(url) as http:
                settle()
                await _measure(http, rounds)
        finally:
            await server.stop()
            await postgres.stop()


async def _fill(database_url: str, nats_url: str) -> None:
    began = perf_counter()
    client = await nats.connect(nats_url)
    await topology.apply(client.jetstream())
    names = [task.id for task in tasks("ARC1-Eval")]
    async with asyncpg.create_pool(database_url, min_size=1, max_size=2, command_timeout=None) as pool:
        writer = Writer(pool, client)
        for number in range(1, MODELS + 1):
            await writer.ingest(f"model-{number}", V1, source="ARC1-Eval", tasks_total=400, score=number / MODELS)
        for first in range(1, MODELS, 500):
            await pool.execute(_FILL, first, first + 499, V1, _GRID, names)
        await pool.execute(_RESULTS, names)
        await pool.execute("VACUUM ANALYZE")
        rows = await pool.fetchval("SELECT count(*) FROM explanations")
        size = await pool.fetchval("SELECT pg_size_pretty(pg_total_relation_size('explanations'))")
    await client.close()
    title(f"{rows:,} rows, {size}, {MODELS} models, filled in {perf_counter() - began:.0f} s")


async def _measure(http: aiohttp.ClientSession, rounds: int) -> None:
    pick = random.Random(1)

    def model() -> str:
        return f"model-{pick.randint(1, 500)}"

    reads: dict[str, Callable[[], str]] = {
        "performance": lambda: f"/api/model-dataset/performance/{model()}-attempt1/evaluation",
        "metrics": lambda: f"/api/model-dataset/metrics/{model()}-attempt2/evaluation",
        "compare, 4 attempts": lambda: (
            "/api/metrics/compare?dataset=evaluation"
            + "".join(f"&model{n}=model-{n}{pick.randint(1, 400)}-attempt{1 + n % 2}" for n in range(1, 5))
        ),
        "one model": lambda: f"/api/models/{V1}/{model()}",
        "history": lambda: f"/api/admin/ingestion-history?limit=100&offset={pick.randint(0, 4000)}",
        "history of a model": lambda: f"/api/admin/ingestion-history?model={model()}&dataset={V1}",
        "history, failed first": lambda: "/api/admin/ingestion-history?sort=failed",
        "all models": lambda: f"/api/models?limit=1000&offset={pick.randint(0, 4000)}",
        "latest-model": lambda: "/api/metrics/latest-model",
    }
    for name, path in reads.items():
        p99s = []
        for _ in range(rounds):
            seconds = []
            for _ in range(REQUESTS):
                began = perf_counter()
                async with http.get(path()) as answer:
                    await answer.read()
                    with contextlib.suppress(aiohttp.ContentTypeError):
                        assert answer.status == 200, await answer.text()
                seconds.append(perf_counter() - began)
            p99s.append(1000 * sorted(seconds)[int(REQUESTS * 0.99)])
        figure(f"{name}: p99", p99s, "ms", "<= 50")
