"""Routes that the Analytics Overview page calls."""

import asyncio
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import asyncpg

from query_api.routes.endpoint import Endpoint
from query_api.schemas.performance import (
    AttemptInDatasetQuery,
    AttemptInSetQuery,
    CompareAnswer,
    CompareQuery,
    MetricsAnswer,
    ModelNamesAnswer,
    PerformanceAnswer,
    TaskSetRow,
    TaskSetsAnswer,
)
from query_api.schemas.problems import ProblemError
from query_api.store import submissions
from query_api.store.rows import Answers, Submission
from query_api.view import answer_statistics
from query_api.view.answers import Moment
from query_api.view.snapshot import View
from query_api.view.task_sets import NAMES, TaskIndex

OneAttempt = AttemptInSetQuery | AttemptInDatasetQuery
GetView = Callable[[], View]
TaskSets = Mapping[str, TaskIndex]


@partial(Endpoint, "/api/model-dataset/models", "Analytics")
def list_model_names(moment: Moment) -> ModelNamesAnswer:
    """The names of all attempts."""
    names = {attempt.model_name for each in moment.state.view.submissions.values() for attempt in each.attempts}
    return ModelNamesAnswer(count=len(names), data=tuple(sorted(names, key=str.casefold)), **moment.freshness)


@partial(Endpoint, "/api/model-dataset/datasets", "Analytics")
def list_task_sets(moment: Moment) -> TaskSetsAnswer:
    """The ARC task sets."""
    sets = moment.task_sets.items()
    # The path is where the existing app keeps it.
    rows = tuple(TaskSetRow(name=name, puzzle_count=len(each.pairs), path=f"data/{name}") for name, each in sets)
    return TaskSetsAnswer(count=len(rows), data=rows, **moment.freshness)


@partial(Endpoint, "/api/model-dataset/performance/{model}/{dataset}", "Analytics", problems=(404, 503))
async def get_performance(
    pool: asyncpg.Pool, view: GetView, task_sets: TaskSets, query: OneAttempt
) -> PerformanceAnswer:
    """Which tasks an attempt solved, failed and left out."""
    tasks, answers = await _answers(pool, view(), task_sets, query.dataset, [query.model])
    return PerformanceAnswer(data=answer_statistics.performance(query.model, tasks, answers[query.model]))


@partial(Endpoint, "/api/model-dataset/metrics/{model}/{dataset}", "Analytics", problems=(404, 503))
async def get_metrics(pool: asyncpg.Pool, view: GetView, task_sets: TaskSets, query: OneAttempt) -> MetricsAnswer:
    """What an attempt's answers cost, in money, time and tokens."""
    tasks, answers = await _answers(pool, view(), task_sets, query.dataset, [query.model])
    return MetricsAnswer(data=answer_statistics.metrics(query.model, tasks, answers[query.model]))


@partial(Endpoint, "/api/metrics/compare", "Analytics", problems=(404, 422, 503))
async def compare_models(pool: asyncpg.Pool, view: GetView, task_sets: TaskSets, query: CompareQuery) -> CompareAnswer:
    """Two to four attempts or submissions side by side."""
    names = [name for name in (query.model1, query.model2, query.model3, query.model4) if name is not None]
    if len(set(names)) < len(names):
        raise ProblemError(422, "name each one once: two of them are the same")
    tasks, answers = await _answers(pool, view(), task_sets, query.dataset, names)
    # The exact test of models that differ in hundreds of tasks takes milliseconds.
    return CompareAnswer(data=await asyncio.to_thread(answer_statistics.compare, tasks, answers))


async def _answers(
    pool: asyncpg.Pool, view: View, task_sets: TaskSets, named: str, names: list[str]
) -> tuple[TaskIndex, dict[str, Answers]]:
    dataset = named if "/" in named else None
    tasks = None if dataset else _tasks(task_sets, named)
    for name in names:
        if not view.holding(name, dataset=dataset):
            where = f" in {dataset!r}" if dataset else ""
            raise ProblemError(404, f"there is no model {name!r}{where}; /api/model-dataset/models names them all")
    tasks = tasks or _tasks(task_sets, named, view.holding(names[0], dataset=dataset))
    holding = {name: view.holding(name, source=tasks.source, dataset=dataset) for name in names}
    attempts = {name: _attempts(name, found) if found else {} for name, found in holding.items()}
    rows = await submissions.answers(pool, dict(ChainMap(*attempts.values())))
    return tasks, {name: answer_statistics.together([rows.get(each, {}) for each in attempts[name]]) for name in names}


def _attempts(name: str, submission: Submission) -> dict[str, str]:
    """Return the attempts that a name means, each with its dataset: one, or those of a folder."""
    all_names = [each.model_name for each in submission.attempts]
    return dict.fromkeys([name] if name in all_names else all_names, submission.dataset)


def _tasks(task_sets: TaskSets, named: str, submission: Submission | None = None) -> TaskIndex:
    """Return the task set that was named, or that of a dataset's submission under the dataset's name."""
    tasks = task_sets.get(NAMES.get(submission.source if submission else named, named))
    if tasks is None:
        there = ", ".join(task_sets)
        raise ProblemError(404, f"there is no task set {named!r}; there are {there}")
    return replace(tasks, name=named)


_IN_DATASET = "The same in one dataset, its slash as it is"

ENDPOINTS = (
    list_model_names,
    list_task_sets,
    get_performance,
    get_performance.by_owner(_IN_DATASET),
    get_metrics,
    get_metrics.by_owner(_IN_DATASET),
    compare_models,
)
