"""Routes that the Analytics Overview page calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import asyncpg
from aiohttp import web

from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Query
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


@dataclass(frozen=True)
class Needs:
    """What these routes work with."""

    pool: asyncpg.Pool
    view: Callable[[], View]
    task_sets: Mapping[str, TaskIndex]


def model_names(moment: Moment, _query: Query) -> ModelNamesAnswer:
    """Answer with the names of all attempts."""
    names = {attempt.model_name for each in moment.state.view.submissions.values() for attempt in each.attempts}
    return ModelNamesAnswer(count=len(names), data=tuple(sorted(names, key=str.casefold)), **moment.freshness)


def task_sets(moment: Moment, _query: Query) -> TaskSetsAnswer:
    """Answer with the task sets."""
    sets = moment.task_sets.items()
    # The path is where the existing app keeps it.
    rows = tuple(TaskSetRow(name=name, puzzle_count=len(each.pairs), path=f"data/{name}") for name, each in sets)
    return TaskSetsAnswer(count=len(rows), data=rows, **moment.freshness)


async def performance(needs: Needs, _request: web.Request, query: OneAttempt) -> PerformanceAnswer:
    """Answer with the tasks by result."""
    tasks, answers = await _answers(needs, query.dataset, [query.model])
    return PerformanceAnswer(data=answer_statistics.performance(query.model, tasks, answers[query.model]))


async def metrics(needs: Needs, _request: web.Request, query: OneAttempt) -> MetricsAnswer:
    """Answer with cost, time and tokens."""
    tasks, answers = await _answers(needs, query.dataset, [query.model])
    return MetricsAnswer(data=answer_statistics.metrics(query.model, tasks, answers[query.model]))


async def compare(needs: Needs, _request: web.Request, query: CompareQuery) -> CompareAnswer:
    """Answer with a comparison."""
    names = [name for name in (query.model1, query.model2, query.model3, query.model4) if name is not None]
    if len(set(names)) < len(names):
        raise ProblemError(422, "name each attempt once: two of them are the same")
    tasks, answers = await _answers(needs, query.dataset, names)
    return CompareAnswer(data=answer_statistics.compare(tasks, answers))


async def _answers(needs: Needs, named: str, names: list[str]) -> tuple[TaskIndex, dict[str, Answers]]:
    view = needs.view()
    dataset = named if "/" in named else None
    tasks = None if dataset else _tasks(needs, named)
    for name in names:
        if not view.holding(name, dataset=dataset):
            where = f" in {dataset!r}" if dataset else ""
            raise ProblemError(404, f"there is no model {name!r}{where}; /api/model-dataset/models names them all")
    tasks = tasks or _tasks(needs, named, view.holding(names[0], dataset=dataset))
    wanted = {
        name: found.dataset for name in names if (found := view.holding(name, source=tasks.source, dataset=dataset))
    }
    rows = await submissions.answers(needs.pool, wanted)
    return tasks, {name: rows.get(name, {}) for name in names}


def _tasks(needs: Needs, named: str, submission: Submission | None = None) -> TaskIndex:
    """Return the task set that was named, or that of a dataset's submission under the dataset's name."""
    tasks = needs.task_sets.get(NAMES.get(submission.source, "") if submission else named)
    if tasks is None:
        there = ", ".join(needs.task_sets)
        raise ProblemError(404, f"there is no task set {named!r}; there are {there}")
    return replace(tasks, name=named)


_PROBLEMS = frozenset({404, 503})

_PERFORMANCE = Endpoint[Needs](
    path="/api/model-dataset/performance/{model}/{dataset}",
    name="getPerformance",
    summary="Which tasks an attempt solved, failed and left out",
    tag="Analytics",
    query=AttemptInSetQuery,
    answer=PerformanceAnswer,
    problems=_PROBLEMS,
    handle=performance,
)

_METRICS = Endpoint[Needs](
    path="/api/model-dataset/metrics/{model}/{dataset}",
    name="getMetrics",
    summary="What an attempt's answers cost, in money, time and tokens",
    tag="Analytics",
    query=AttemptInSetQuery,
    answer=MetricsAnswer,
    problems=_PROBLEMS,
    handle=metrics,
)

_IN_DATASET = "The same in one dataset, its slash as it is"

ENDPOINTS: tuple[Endpoint[Needs], ...] = (
    Endpoint(
        path="/api/model-dataset/models",
        name="listModelNames",
        summary="The names of all attempts",
        tag="Analytics",
        answer=ModelNamesAnswer,
        render=model_names,
    ),
    Endpoint(
        path="/api/model-dataset/datasets",
        name="listTaskSets",
        summary="The ARC task sets",
        tag="Analytics",
        answer=TaskSetsAnswer,
        render=task_sets,
    ),
    _PERFORMANCE,
    _PERFORMANCE.by_owner(AttemptInDatasetQuery, _IN_DATASET),
    _METRICS,
    _METRICS.by_owner(AttemptInDatasetQuery, _IN_DATASET),
    Endpoint(
        path="/api/metrics/compare",
        name="compareModels",
        summary="Two to four attempts side by side",
        tag="Analytics",
        query=CompareQuery,
        answer=CompareAnswer,
        problems=_PROBLEMS | {422},
        handle=compare,
    ),
)
