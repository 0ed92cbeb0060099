"""One task of a submission: its grids, and what each attempt answered."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import asyncpg
from common.arc.task_sets import Grid, Pair, TaskSetError, load_task_set

from query_api.routes.endpoint import Endpoint
from query_api.schemas.problems import ProblemError
from query_api.schemas.task_detail import GridPair, TaskAnswerShown, TaskDetail, TaskQuery
from query_api.settings import Settings
from query_api.store import submissions, task_attempts
from query_api.view.provenance import file_origin, provenance
from query_api.view.snapshot import View
from query_api.view.task_sets import NAMES, TaskIndex


@partial(Endpoint, "/api/models/{owner}/{name}/{model}/tasks/{task}", "Models", problems=(404, 503))
async def get_task(
    pool: asyncpg.Pool,
    view: Callable[[], View],
    settings: Settings,
    task_sets: Mapping[str, TaskIndex],
    query: TaskQuery,
) -> TaskAnswerShown:
    """One task: its grids, and what each attempt answered."""
    dataset = view().spelled(query.dataset)
    found = view().submissions.get((dataset, query.model))
    if found is None:
        raise ProblemError(404, f"there is no submission {query.model!r} in {dataset!r}; /api/models lists all")
    try:
        # The first call reads a file of some megabytes; the set is kept.
        known = await asyncio.to_thread(load_task_set, found.source, settings.arc_tasks_dir, with_train=True)
    except TaskSetError as error:
        raise ProblemError(404, str(error)) from error
    one = known.tasks.get(query.task)
    if one is None:
        raise ProblemError(404, f"there is no task {query.task!r} in {found.source}")
    names = [each.model_name for each in found.attempts]
    origin = await submissions.task_origin(pool, dataset, query.model, one.id)
    scored, result = origin or (None, None)
    index = task_sets.get(NAMES.get(found.source, ""))
    return TaskAnswerShown(
        data=TaskDetail(
            puzzle_id=one.id,
            dataset=dataset,
            model=found.model,
            source=found.source,
            train=tuple(map(_pair, one.train)),
            test=tuple(map(_pair, one.test)),
            provenance=provenance(settings.endpoint, found.key, scored, index) if scored else None,
            **(dict(file_origin(settings.endpoint, found.key, scored.revision, result)) if scored else {}),
            attempts=tuple(await task_attempts.attempts(pool, dataset, names, one.id)),
        )
    )


def _pair(pair: Pair) -> GridPair:
    return GridPair(input=_rows(pair.input), output=_rows(pair.output))


def _rows(grid: Grid) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, grid))


ENDPOINTS = (get_task,)
