"""One task of a submission: its grids, and what each attempt answered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiohttp import web
from common.arc.task_sets import Grid, Pair, TaskSetError, load_task_set

from query_api.routes.endpoint import Endpoint
from query_api.schemas.problems import ProblemError
from query_api.schemas.task_detail import GridPair, TaskAnswerShown, TaskDetail, TaskQuery
from query_api.store import task_attempts
from query_api.view.snapshot import View


@dataclass(frozen=True)
class Needs:
    """What these routes work with."""

    pool: asyncpg.Pool
    view: Callable[[], View]
    tasks_dir: Path | None


async def task(needs: Needs, _request: web.Request, query: TaskQuery) -> TaskAnswerShown:
    """Answer with a task and its answers."""
    dataset = query.dataset
    found = needs.view().submissions.get((dataset, query.model))
    if found is None:
        raise ProblemError(404, f"there is no submission {query.model!r} in {dataset!r}; /api/models lists all")
    try:
        # The first call reads a file of some megabytes; the set is kept.
        known = await asyncio.to_thread(load_task_set, found.source, needs.tasks_dir, with_train=True)
    except TaskSetError as error:
        raise ProblemError(404, str(error)) from error
    one = known.tasks.get(query.task)
    if one is None:
        raise ProblemError(404, f"there is no task {query.task!r} in {found.source}")
    names = [each.model_name for each in found.attempts]
    return TaskAnswerShown(
        data=TaskDetail(
            puzzle_id=one.id,
            dataset=dataset,
            model=found.model,
            source=found.source,
            train=tuple(map(_pair, one.train)),
            test=tuple(map(_pair, one.test)),
            attempts=tuple(await task_attempts.attempts(needs.pool, dataset, names, one.id)),
        )
    )


def _pair(pair: Pair) -> GridPair:
    return GridPair(input=_rows(pair.input), output=_rows(pair.output))


def _rows(grid: Grid) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, grid))


ENDPOINTS: tuple[Endpoint[Needs], ...] = (
    Endpoint(
        path="/api/models/{owner}/{name}/{model}/tasks/{task}",
        name="getTask",
        summary="One task: its grids, and what each attempt answered",
        tag="Models",
        query=TaskQuery,
        answer=TaskAnswerShown,
        problems=frozenset({404, 503}),
        handle=task,
    ),
)
