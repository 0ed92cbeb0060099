"""No row that the tables allow fails a page: each column is given what no code of ours would write, and all is asked.

The tables belong to the existing app too, and a newer version may widen what a column may hold.
"""

import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from localhub import LocalHub
from pydantic import AnyHttpUrl
from query_api.routes.table import ENDPOINTS
from query_api.server import openapi

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api
from tests.support.submissions import solved, tasks
from tests.support.writer import DATASET, Writer

_ODD_NAMES = ("''", "' '", "'a/b?c#d e%2F&<>\"'''", "U&'\\FFFE\\FFFF\\0001\\+01F600'", "'-attempt1'", "'..'")
_ODD_ATTEMPTS = (
    '[{"model_name": 7, "accuracy_percent": "high"}]',
    '[{"model_name": "m", "accuracy_percent": 1e400}]',
    '[{"model_name": "m", "accuracy_percent": -5}, {"accuracy_percent": 5}]',
    '[{"isPredictionCorrect": "maybe"}]',
    '[null, 7, [], {}, "x"]',
)
_ODD_JSON = (
    *(f"'{each}'" for each in ("null", "[]", "{}", "7", '"text"', "[[1, 2], [3]]", *_ODD_ATTEMPTS)),
    "('[' || repeat('9', 5000) || ']')::jsonb",
    "(repeat('[', 3000) || repeat(']', 3000))::jsonb",
)
_ODD_INSTANTS = (
    "infinity",
    "-infinity",
    "4713-01-01 BC",
    "294276-12-31",
    "9999-12-31 23:59:59.999999+00",
    "0001-01-01",
)
ODD: Mapping[str, tuple[str, ...]] = {
    "double precision": ("'NaN'", "'Infinity'", "'-Infinity'", "-1.5", "1e308", "17", "0"),
    "numeric": ("'NaN'", "-1.5", "999.99"),
    "smallint": ("-1", "0", "32767"),
    "integer": ("-1", "0", "2147483647"),
    "bigint": ("-1", "0", "9223372036854775807"),
    "boolean": ("true", "false"),
    "timestamp with time zone": tuple(f"'{each}'" for each in _ODD_INSTANTS),
    "text": (*_ODD_NAMES, "repeat('x', 5000)"),
    "character varying": _ODD_NAMES,
    "jsonb": _ODD_JSON,
    "ARRAY": ("'{}'", "'{NULL}'"),
}

# Columns that say which row it is stay.
TABLES: Mapping[str, frozenset[str]] = {
    "ingestion_runs": frozenset({"id"}),
    "submission_versions": frozenset({"id"}),
    "task_results": frozenset({"version_id"}),
    "ingestion_errors": frozenset({"id", "run_id"}),
    "sync_runs": frozenset({"id"}),
    "explanations": frozenset({"id", "hf_dataset", "model_name", "prompt_template_id"}),
}
# These decide whether the rest of the row is looked at, so they are odd in rows of their own.
ALONE = frozenset(
    {"hf_dataset", "model", "superseded_at", "removed_upstream_at", "puzzle_id", "run_id", "status", "started_at"}
)
ROUNDS = 26
# A newer version would widen these.
_CHECKS = """
SELECT conrelid::regclass AS table, conname FROM pg_constraint
WHERE contype = 'c' AND conrelid = ANY($1::regclass[])
"""
_COLUMNS = """
SELECT column_name, data_type, is_nullable = 'YES' AS nullable FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


async def hostile(pool: asyncpg.Pool, table: str) -> list[dict[str, str]]:
    """Return rows' odd values: all at once in changing company, and some alone."""
    columns = [row for row in await pool.fetch(_COLUMNS, table) if row["column_name"] not in TABLES[table]]
    values = {row["column_name"]: (*ODD[row["data_type"]], *(("NULL",) if row["nullable"] else ())) for row in columns}
    if "status" in values:
        values["status"] = ("'paused'", "''")
    alone = [{name: value} for name in values.keys() & ALONE for value in values[name]]
    together = {name: each for name, each in values.items() if name not in ALONE}
    return alone + [{name: each[turn % len(each)] for name, each in together.items()} for turn in range(ROUNDS)]


class Odd:
    """Makes rows that are right in every column but one."""

    def __init__(self, pool: asyncpg.Pool, writer: Writer) -> None:
        self.pool = pool
        self.writer = writer
        self.numbers = itertools.count(1)
        self.task = next(each for each in tasks() if len(each.test) > 1)

    async def widen(self) -> None:
        for check in await self.pool.fetch(_CHECKS, list(TABLES)):
            await self.pool.execute(f'ALTER TABLE {check["table"]} DROP CONSTRAINT "{check["conname"]}"')

    async def model(self) -> tuple[str, int]:
        """Write a model that is as it should be, in two versions; return its name and its run."""
        name = f"m-{next(self.numbers)}"
        await self.writer.ingest(name, content=1)
        run_id = (await self.writer.ingest(name, content=2, failed=1)).run_id
        await self.writer.answers(f"{name}-attempt1", {self.task.id: [True, False]}, cost=0.5, tokens=5, time_ms=5)
        await self.pool.execute(
            "INSERT INTO task_results SELECT id, $2, 'o', 2, 1 FROM submission_versions WHERE model = $1",
            name, self.task.id,
        )  # fmt: skip
        await self.pool.execute(
            "INSERT INTO ingestion_errors (run_id, kind, message) VALUES ($1, 'integrity', 'short')", run_id
        )
        await self.writer.sync()
        return name, run_id

    async def spoil(self, table: str, values: Mapping[str, str]) -> int:
        """Give one new row of a table these values; return how many of them the table took."""
        name, run_id = await self.model()
        ours = f"(SELECT id FROM submission_versions WHERE model = '{name}')"
        newest = {
            "ingestion_runs": f"id = {run_id}",
            "submission_versions": f"id IN {ours} AND run_id = {run_id}",
            "task_results": f"version_id IN {ours}",
            "ingestion_errors": f"id > 0 AND run_id = {run_id}",
            "sync_runs": "id = (SELECT max(id) FROM sync_runs)",
            "explanations": f"id > 0 AND model_name = '{name}-attempt1'",
        }[table]
        key = newest.split()[0]
        ids = [row[0] for row in await self.pool.fetch(f"SELECT {key} FROM {table} WHERE {newest}")]
        taken = 0
        for column, value in values.items():
            with contextlib.suppress(asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
                await self.pool.execute(f"UPDATE {table} SET {column} = {value} WHERE {key} = ANY($1)", ids)
                taken += 1
        return taken


async def answers_of(api: Api, pool: asyncpg.Pool, task_id: str) -> AsyncIterator[tuple[str, int, str]]:
    """Ask every GET route of the OpenAPI document for everything that there is; yield path, status and answer."""
    for path in sorted(await paths(api, pool, task_id)):
        # Some are for admins alone.
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with api.http.get(path, allow_redirects=False, headers=headers) as answer:
            yield path, answer.status, (await answer.read()).decode(errors="replace")


async def paths(api: Api, pool: asyncpg.Pool, task_id: str) -> set[str]:
    """Return the document's GET routes, filled in with what the database holds."""
    models = await pool.fetch("SELECT DISTINCT hf_dataset, model FROM submission_versions")
    runs = await pool.fetch("SELECT id FROM ingestion_runs WHERE id > 0")
    # There are no answers of the other attempts.
    named = [name for name in await api.data("/api/model-dataset/models") if not name.endswith("-attempt2")]
    found: set[str] = set()
    for template, methods in openapi.document(ENDPOINTS)["paths"].items():
        # That one never ends.
        if "get" not in methods or template == "/api/events":
            continue
        for values in (
            *(_model_values(row["hf_dataset"], row["model"], task_id) for row in models),
            *({"run": row["id"]} for row in runs),
        ):
            names = re.findall(r"{(\w+)}", template)
            if set(names) <= values.keys():
                filled = template
                for name in names:
                    filled = filled.replace(f"{{{name}}}", quote(str(values[name]), safe=""))
                found.add(filled)
        if template.startswith("/api/model-dataset/") and "{" in template:
            found |= {template.replace("{model}", quote(n, safe="")).replace("{dataset}", "evaluation2") for n in named}
    quoted = [quote(name, safe="") for name in named]
    pairs = (f"model1={one}&model2={other}" for one, other in itertools.pairwise(quoted))
    found |= {f"/api/metrics/compare?dataset=evaluation2&{pair}" for pair in pairs}
    found |= {f"/api/accuracy/harness?baseModelName={quote(row['model'], safe='')}" for row in models}
    orders = itertools.product(("startedAt", "durationMs", "accuracyPercent", "failed"), ("asc", "desc"))
    found |= {f"/api/admin/ingestion-history?sort={sort}&order={order}&limit=500" for sort, order in orders}
    found |= {f"/api/models?sort={sort}" for sort in ("score", "ingestedAt", "publishedAt", "model", "cost")}
    return found | {"/api/metrics/latest-model?by=published", "/api/admin/ingestion-history?search=m-"}


def _model_values(dataset: str, model: str, task_id: str) -> dict[str, Any]:
    owner, _, name = dataset.partition("/")
    return {"dataset": dataset, "owner": owner, "name": name, "model": model, "task": task_id}


@pytest.mark.parametrize("table", TABLES)
async def test_no_row_fails_a_page(start: Start, writer: Writer, pool: asyncpg.Pool, hub: LocalHub, table: str) -> None:
    odd = Odd(pool, writer)
    await odd.widen()
    good, _ = await odd.model()
    taken = [await odd.spoil(table, values) for values in await hostile(pool, table)]
    assert sum(taken) > 50
    wrong, seen = [], 0
    hub.commit(DATASET, {f"{good}/{odd.task.id}.json": solved(odd.task)})
    changes = {"hf_endpoint": AnyHttpUrl(hub.url), "hf_datasets": (DATASET,), "admin_requests_per_minute": 10**9}
    async with start(**changes) as api:
        async for path, status, text in answers_of(api, pool, odd.task.id):
            seen += 1
            # A name may be one that a route does not take.
            if status not in {200, 400, 404} or "NaN" in text or "Infinity" in text:
                wrong.append((path, status, text[:300]))
        shown = (await api.get("/api/models"))[1]
        history = (await api.get("/api/admin/ingestion-history?limit=500&sort=failed"))[1]
        metrics = api.metrics.registry
    assert wrong == []
    assert seen > 50
    # Nothing is hidden by what stands beside it, and what is right is shown as it is.
    assert shown["total"] == await pool.fetchval("SELECT count(*) FROM submission_versions WHERE superseded_at IS NULL")
    rows = {row["model"]: row for row in shown["data"]}
    assert (rows[good]["score"], rows[good]["totalCost"], rows[good]["status"]) == (0.5, 1.25, "partial")
    assert history["total"] == await pool.fetchval("SELECT count(*) FROM ingestion_runs")
    if table in {"ingestion_runs", "submission_versions", "task_results"}:
        assert (metrics.get_sample_value("arcwatch_query_api_repaired_rows_total", {"table": table}) or 0) > 0
