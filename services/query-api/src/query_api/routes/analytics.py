"""Routes that the Analytics Overview page calls."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import asyncpg

from query_api.routes.endpoint import Endpoint
from query_api.schemas.performance import (
    AttemptInDatasetQuery,
    AttemptInSetQuery,
    CompareAnswer,
    CompareQuery,
    Comparison,
    MetricsAnswer,
    ModelNamesAnswer,
    PerformanceAnswer,
    TaskSetRow,
    TaskSetsAnswer,
)
from query_api.schemas.problems import ProblemError
from query_api.store import submissions
from query_api.store.rows import Answers
from query_api.view import answer_statistics
from query_api.view.answers import Moment
from query_api.view.named_models import NamedModel, resolve
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex

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


@partial(Endpoint, "/api/model-dataset/performance/{model}/{dataset}", "Analytics", problems=(404, 422, 503))
async def get_performance(
    pool: asyncpg.Pool, view: GetView, task_sets: TaskSets, query: OneAttempt
) -> PerformanceAnswer:
    """Which tasks an attempt solved, failed and left out."""
    tasks, (model,) = resolve(view(), task_sets, query.dataset, [query.model], query.hf_dataset)
    answers = (await _answers(pool, [model]))[model.name]
    return PerformanceAnswer(data=answer_statistics.performance(model.name, tasks, answers, model.hf_dataset))


@partial(Endpoint, "/api/model-dataset/metrics/{model}/{dataset}", "Analytics", problems=(404, 422, 503))
async def get_metrics(pool: asyncpg.Pool, view: GetView, task_sets: TaskSets, query: OneAttempt) -> MetricsAnswer:
    """What an attempt's answers cost, in money, time and tokens."""
    tasks, (model,) = resolve(view(), task_sets, query.dataset, [query.model], query.hf_dataset)
    answers = (await _answers(pool, [model]))[model.name]
    return MetricsAnswer(data=answer_statistics.metrics(model.name, tasks, answers, model.hf_dataset))


@partial(Endpoint, "/api/metrics/compare", "Analytics", problems=(404, 422, 503))
async def compare_models(pool: asyncpg.Pool, view: GetView, task_sets: TaskSets, query: CompareQuery) -> CompareAnswer:
    """Up to four attempts or submissions side by side, of one dataset or of several on one task set."""
    return CompareAnswer(data=await comparison(pool, view(), task_sets, query))


async def comparison(pool: asyncpg.Pool, view: View, task_sets: TaskSets, query: CompareQuery) -> Comparison:
    """Compare what a request names; raises a ProblemError for what is not there."""
    names = [name for name in (query.model1, query.model2, query.model3, query.model4) if name is not None]
    tasks, models = resolve(view, task_sets, query.dataset, names, query.hf_dataset)
    if len({each.identity for each in models}) < len(models):
        raise ProblemError(422, "name each one once: two of them are the same")
    named, answers = {each.name: each for each in models}, await _answers(pool, models)
    # The exact test of models that differ in hundreds of tasks takes milliseconds.
    return await asyncio.to_thread(answer_statistics.compare, tasks, answers, named)


async def _answers(pool: asyncpg.Pool, models: Sequence[NamedModel]) -> dict[str, Answers]:
    """Return what each model answers, the attempts of a folder together."""
    rows = await submissions.answers(pool, {key for each in models for key in each.attempts})
    return {each.name: answer_statistics.together([rows.get(key, {}) for key in each.attempts]) for each in models}


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
