"""One submission's page."""

from collections.abc import Mapping
from functools import partial

import asyncpg

from query_api.routes.endpoint import Endpoint
from query_api.schemas import model_detail as shapes
from query_api.schemas.problems import ProblemError
from query_api.store import runs, submissions
from query_api.store.repair import all_shaped
from query_api.store.rows import Results, Submission
from query_api.store.submissions import VersionRecord
from query_api.view.answer_statistics import attempt_figures
from query_api.view.task_sets import NAMES, TaskIndex
from query_api.view.version_changes import changes

ERRORS_SHOWN = 500
# Their answers are all read for it: as many attempts as can be compared.
ATTEMPTS_SUMMED = 4


@partial(Endpoint, "/api/models/{dataset}/{model}", "Models", problems=(404, 503))
async def get_model(
    pool: asyncpg.Pool, task_sets: Mapping[str, TaskIndex], query: shapes.ModelQuery | shapes.ModelByOwnerQuery
) -> shapes.ModelAnswer:
    """One submission with its versions, errors, tasks and what changed."""
    records = await submissions.versions(pool, query.dataset, query.model)
    if not records or (current := records[0].submission) is None:
        raise ProblemError(404, f"there is no submission {query.model!r} in {query.dataset!r}; /api/models lists all")
    tasks = task_sets.get(NAMES.get(current.source, ""))
    results = records[0].results
    return shapes.ModelAnswer(
        data=shapes.ModelDetail(
            **current.model_dump(exclude={"attempts"}),
            attempts=await _attempts(pool, current, tasks),
            versions=tuple(_with_changes(records)),
            ingestion_errors=tuple(await runs.errors(pool, current.run_id, ERRORS_SHOWN)),
            tasks=tuple(_tasks(results)),
            not_attempted=tuple(task_id for task_id in (tasks.pairs if tasks else ()) if task_id not in results),
        )
    )


async def _attempts(
    pool: asyncpg.Pool, submission: Submission, tasks: TaskIndex | None
) -> tuple[shapes.AttemptDetail, ...]:
    names = [each.model_name for each in submission.attempts[:ATTEMPTS_SUMMED]]
    answers = await submissions.answers(pool, dict.fromkeys(names, submission.dataset))
    figures = {name: attempt_figures(answers.get(name, {}), tasks) for name in names}
    return tuple(shapes.AttemptDetail(**dict(each) | figures.get(each.model_name, {})) for each in submission.attempts)


def _tasks(results: Results) -> list[shapes.TaskRow]:
    rows = (
        {"puzzle_id": task_id, "pairs_total": each.pairs_total, "pairs_solved": each.pairs_solved}
        for task_id, each in sorted(results.items())
    )
    return all_shaped(shapes.TaskRow, rows, "task_results")


def _with_changes(records: list[VersionRecord]) -> list[shapes.Version]:
    pairs = zip(records, [*records[1:], None], strict=True)
    return [
        each.version.model_copy(update={"changes": changes(older.results, each.results) if older else None})
        for each, older in pairs
    ][: submissions.VERSIONS_SHOWN]


ENDPOINTS = (get_model, get_model.by_owner("The same, with the dataset's slash as it is"))
