"""Tasks: who solved what, every answer to one of them, and one submission's answer to it."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import asyncpg
from common.arc.task_sets import Grid, Pair, Task, TaskSetError, load_task_set

from query_api.routes.endpoint import Endpoint
from query_api.schemas.per_task.task_detail import AttemptAnswers, GridPair, TaskAnswerShown, TaskDetail, TaskQuery
from query_api.schemas.per_task.task_outcomes import (
    AnswerOfSubmission,
    Outcome,
    TaskAnswers,
    TaskAnswersAnswer,
    TaskAnswersQuery,
)
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store import submissions, task_attempts
from query_api.store.rows import Submission
from query_api.view.by_task.board import names_of
from query_api.view.by_task.task_list import list_tasks, page_of
from query_api.view.named_models import known_dataset
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
    dataset = known_dataset(view(), query.dataset, settings.hf_datasets)
    found = view().submissions.get((dataset, query.model))
    if found is None:
        raise ProblemError(404, f"there is no submission {query.model!r} in {dataset!r}; /api/models lists all")
    one = await _task(found.source, query.task, settings)
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


@partial(Endpoint, "/api/tasks/{task}", "Tasks", problems=(404, 503))
async def get_task_answers(
    pool: asyncpg.Pool,
    view: Callable[[], View],
    settings: Settings,
    task_sets: Mapping[str, TaskIndex],
    query: TaskAnswersQuery,
) -> TaskAnswersAnswer:
    """One task: its grids, and what every submission answered."""
    dataset = query.dataset and known_dataset(view(), query.dataset, settings.hf_datasets)
    found = page_of(view(), task_sets, query.model_copy(update={"dataset": dataset}))
    source = found.board.tasks.source
    one = await _task(source, query.task, settings)
    answers = await task_attempts.answers_of(pool, [each for each, _ in found.shown], one.id)
    return TaskAnswersAnswer(
        data=TaskAnswers(
            **found.board.figures(found.board.place_of(one.id)),
            source=source,
            sources=found.sources,
            train=tuple(map(_pair, one.train)),
            test=tuple(map(_pair, one.test)),
            results=found.results,
            total=found.total,
            answers=tuple(_answer(view(), each, result, answers.get(each.key, ())) for each, result in found.shown),
        )
    )


def _answer(
    view: View, submission: Submission, result: Outcome | None, attempts: Sequence[AttemptAnswers]
) -> AnswerOfSubmission:
    costs = [each.cost for each in attempts if each.cost is not None and math.isfinite(each.cost)]
    cost = math.fsum(costs) if costs else None
    return AnswerOfSubmission(**names_of(view, submission), result=result, cost=cost, attempts=tuple(attempts))


async def _task(source: str, task_id: str, settings: Settings) -> Task:
    try:
        # The first call reads a file of some megabytes; the set is kept.
        known = await asyncio.to_thread(load_task_set, source, settings.arc_tasks_dir, with_train=True)
    except TaskSetError as error:
        raise ProblemError(404, str(error)) from error
    one = known.tasks.get(task_id)
    if one is None:
        raise ProblemError(404, f"there is no task {task_id!r} in {source}")
    return one


def _pair(pair: Pair) -> GridPair:
    return GridPair(input=_rows(pair.input), output=_rows(pair.output))


def _rows(grid: Grid) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, grid))


ENDPOINTS = (
    Endpoint("/api/tasks", "Tasks", list_tasks, problems=(404,)),
    get_task_answers,
    get_task,
)
