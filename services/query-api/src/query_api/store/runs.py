"""Reads ingestion runs, and what was wrong with their files."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import asyncpg
from common.error_kinds import ADVICE, SEVERITIES, advice_on, severity_of
from pydantic.alias_generators import to_snake

from query_api.schemas.base import Finding
from query_api.schemas.ingestion_runs import HistoryQuery, Run, RunErrorsQuery
from query_api.schemas.model_detail import IngestionError
from query_api.store import statements as sql
from query_api.store.repair import all_shaped, shaped
from query_api.store.rows import Key

_WORST_FIRST = sorted(ADVICE, key=lambda kind: (SEVERITIES.index(ADVICE[kind].severity), kind))


async def without_tasks(pool: asyncpg.Pool, dataset: str) -> set[tuple[str, str]]:
    """Return the folders (name, tree oid) of a dataset in which an ingester found no file of a task."""
    return {(row["model"], row["tree_oid"]) for row in await pool.fetch(sql.CONTENTS_WITHOUT_TASKS, dataset)}


@dataclass(frozen=True)
class Waiting:
    """All requests that wait while an ingester is at their model; `handed_back`: they are on the stream again."""

    dataset: str
    model: str
    dry_run: bool
    handed_back: bool


async def runs(pool: asyncpg.Pool, query: HistoryQuery) -> tuple[int, list[Run]]:
    """Return how many runs pass the filters, and one page of them."""
    filters = (query.dataset, query.model, query.status, query.auto_triggered, query.search, query.run)
    page = sql.PAGE_OF_RUNS[to_snake(query.sort), query.order]
    async with pool.acquire() as connection:
        total = await connection.fetchval(sql.COUNT_RUNS, *filters)
        rows = await connection.fetch(page, *filters, query.limit, query.offset)
        found = await findings(connection, [row["id"] for row in rows])
    shaped = ({**row, "findings": found.get(row["id"], ())} for row in rows)
    return total, all_shaped(Run, shaped, "ingestion_runs")


async def of_request(pool: asyncpg.Pool, request_id: str) -> tuple[Run | None, int | None]:
    """Return the run that a request has come to, and the place on the stream of the event it was for."""
    row = await pool.fetchrow(sql.RUN_OF_REQUEST, request_id)
    if row is None:
        return None, None
    found = (await findings(pool, [row["id"]])).get(row["id"], ())
    values = {name: value for name, value in row.items() if name != "event_sequence"} | {"findings": found}
    return shaped(Run, values, "ingestion_runs"), row["event_sequence"]


async def waiting(pool: asyncpg.Pool, request_id: str) -> Waiting | None:
    """Return what waits in the database with a request's id."""
    row = await pool.fetchrow(sql.WAITING_REQUEST, request_id)
    return Waiting(**row) if row else None


async def models(pool: asyncpg.Pool) -> set[Key]:
    """Return every (dataset, model) that there was a run of."""
    return {(row["dataset"], row["model"]) for row in await pool.fetch(sql.MODELS_OF_RUNS)}


async def findings(
    database: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy, run_ids: Collection[int]
) -> Mapping[int, tuple[Finding, ...]]:
    """Count what was found in some runs, by kind, the worst first; a run without findings is left out."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for run_id, kind, count in await database.fetch(sql.COUNT_FINDINGS_OF_RUNS, run_ids):
        found[run_id].append(Finding(kind=kind, count=count, severity=severity_of(kind), advice=advice_on(kind)))
    return {run_id: tuple(sorted(each, key=_how_bad)) for run_id, each in found.items()}


def _how_bad(finding: Finding) -> tuple[int, int, str]:
    return SEVERITIES.index(finding.severity), -finding.count, finding.kind


async def errors(pool: asyncpg.Pool, query: RunErrorsQuery) -> list[IngestionError]:
    """Return what was wrong with a run's files: those that could not be used first, then the worst."""
    rows = await pool.fetch(sql.ERRORS_OF_RUN, *_filters(query), query.limit, query.offset, _WORST_FIRST)
    return [IngestionError(**row, severity=severity_of(row["kind"]), advice=advice_on(row["kind"])) for row in rows]


def _filters(query: RunErrorsQuery) -> tuple[int, list[str] | None, list[str], str | None]:
    """Return a run, the kinds that are wanted (None: all) and those that are not, and a text."""
    wanted: list[str] | None = None
    others: list[str] = []
    if query.severity == "note":  # also what a newer version knows
        others = [kind for kind in ADVICE if ADVICE[kind].severity != "note"]
    elif query.severity:
        wanted = [kind for kind in ADVICE if ADVICE[kind].severity == query.severity]
    if query.kind:
        wanted = [query.kind] if wanted is None or query.kind in wanted else []
    return query.run, wanted, others, query.search


async def count_errors(pool: asyncpg.Pool, query: RunErrorsQuery) -> tuple[int, int] | None:
    """Return how many errors of a run pass the filters, and how many cost a file; None where there is no such run."""
    row = await pool.fetchrow(sql.COUNT_ERRORS_OF_RUN, *_filters(query))
    return (row["total"], row["fatal"]) if row else None
