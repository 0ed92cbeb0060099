"""One submission's page."""

import asyncpg
from aiohttp import web

from query_api.routes.endpoint import Endpoint
from query_api.schemas.model_detail import ModelAnswer, ModelByOwnerQuery, ModelDetail, ModelQuery, TaskRow, Version
from query_api.schemas.problems import ProblemError
from query_api.store import runs, submissions
from query_api.store.repair import all_shaped
from query_api.store.submissions import VersionRecord
from query_api.view.answers import row
from query_api.view.version_changes import changes

ERRORS_SHOWN = 500


async def model(pool: asyncpg.Pool, _request: web.Request, query: ModelQuery | ModelByOwnerQuery) -> ModelAnswer:
    """Answer with a submission."""
    records = await submissions.versions(pool, query.dataset, query.model)
    if not records or records[0].submission is None:
        raise ProblemError(404, f"there is no submission {query.model!r} in {query.dataset!r}; /api/models lists all")
    current = row(records[0].submission)
    newest = records[0]
    return ModelAnswer(
        data=ModelDetail(
            **dict(current),
            versions=tuple(_with_changes(records)),
            ingestion_errors=tuple(await runs.errors(pool, newest.version.run_id, ERRORS_SHOWN)),
            tasks=tuple(
                all_shaped(
                    TaskRow,
                    (
                        {"puzzle_id": task_id, "pairs_total": each.pairs_total, "pairs_solved": each.pairs_solved}
                        for task_id, each in sorted(newest.results.items())
                    ),
                    "task_results",
                )
            ),
        )
    )


def _with_changes(records: list[VersionRecord]) -> list[Version]:
    pairs = zip(records, [*records[1:], None], strict=True)
    return [
        each.version.model_copy(update={"changes": changes(older.results, each.results) if older else None})
        for each, older in pairs
    ][: submissions.VERSIONS_SHOWN]


_MODEL = Endpoint[asyncpg.Pool](
    path="/api/models/{dataset}/{model}",
    name="getModel",
    summary="One submission with its versions, errors, tasks and what changed",
    tag="Models",
    query=ModelQuery,
    answer=ModelAnswer,
    problems=frozenset({404, 503}),
    handle=model,
)

ENDPOINTS: tuple[Endpoint[asyncpg.Pool], ...] = (
    _MODEL,
    _MODEL.by_owner(ModelByOwnerQuery, "The same, with the dataset's slash as it is"),
)
