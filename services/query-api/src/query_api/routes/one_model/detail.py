"""One submission with its versions, errors, tasks and what changed."""

from collections.abc import Callable, Mapping
from functools import partial

import asyncpg

from query_api.routes.endpoint import Endpoint
from query_api.schemas import model_detail as shapes
from query_api.schemas.ingestion_runs import RunErrorsQuery
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store import runs, submissions
from query_api.store.repair import all_shaped, shaped
from query_api.store.rows import Answers, Key, ScoredBy, Submission, TaskAnswer
from query_api.store.submissions import VersionRecord
from query_api.view.answer_statistics import accuracy_interval, attempt_figures
from query_api.view.named_models import known_dataset
from query_api.view.provenance import file_origin, provenance, with_origin
from query_api.view.snapshot import View
from query_api.view.standings import score_intervals
from query_api.view.task_sets import NAMES, TaskIndex
from query_api.view.version_changes import changes

ERRORS_SHOWN = 500
# Their answers are all read for it: as many attempts as can be compared.
ATTEMPTS_SUMMED = 4


@partial(Endpoint, "/api/models/{dataset}/{model}", "Models", problems=(404, 503))
async def get_model(
    pool: asyncpg.Pool,
    view: Callable[[], View],
    task_sets: Mapping[str, TaskIndex],
    settings: Settings,
    query: shapes.ModelQuery | shapes.ModelByOwnerQuery,
) -> shapes.ModelAnswer:
    """One submission with its versions, errors, tasks and what changed."""
    dataset = known_dataset(view(), query.dataset, settings.hf_datasets)
    return shapes.ModelAnswer(data=await model_detail(pool, view(), task_sets, settings, (dataset, query.model)))


async def model_detail(
    pool: asyncpg.Pool, view: View, task_sets: Mapping[str, TaskIndex], settings: Settings, key: Key
) -> shapes.ModelDetail:
    """Return all that is known of a submission; raises a ProblemError where there is none."""
    dataset, model = key
    records = await submissions.versions(pool, dataset, model)
    if not records or (current := records[0].submission) is None:
        raise ProblemError(404, f"there is no submission {model!r} in {dataset!r}; /api/models lists all")
    tasks = task_sets.get(NAMES.get(current.source, ""))
    answers = await _answers(pool, current)
    newest, results = records[0].version, records[0].results
    scored = ScoredBy(newest.run_id, newest.revision, newest.rules_version, newest.task_set_version)
    versions = _with_changes(records)
    return shapes.ModelDetail(
        **view.row(current).model_dump(exclude={"attempts", "verified"}),
        verified=await submissions.verification(pool, *current.key),
        attempts=_attempts(current, answers, tasks),
        versions=tuple(with_origin(each, settings.endpoint, current.dataset, tasks) for each in versions),
        ingestion_errors=tuple(await runs.errors(pool, _worst_of(current.run_id))),
        findings=(await runs.findings(pool, [current.run_id])).get(current.run_id, ()),
        provenance=provenance(settings.endpoint, current.key, scored, tasks),
        tasks=tuple(_tasks(records[0], answers, settings.endpoint)),
        not_attempted=tuple(task_id for task_id in (tasks.pairs if tasks else ()) if task_id not in results),
    )


def _worst_of(run_id: int) -> RunErrorsQuery:
    # Not validated: a row may name a run that no request could.
    return RunErrorsQuery.model_construct(run=run_id, limit=ERRORS_SHOWN)


async def _answers(pool: asyncpg.Pool, submission: Submission) -> Mapping[str, Answers]:
    """Return the answers of the attempts that are summed, in their order."""
    names = [each.model_name for each in submission.attempts[:ATTEMPTS_SUMMED]]
    found = await submissions.answers(pool, [(submission.dataset, name) for name in names])
    return {name: found.get((submission.dataset, name), {}) for name in names}


def _attempts(
    submission: Submission, answers: Mapping[str, Answers], tasks: TaskIndex | None
) -> tuple[shapes.AttemptDetail, ...]:
    figures = {name: attempt_figures(each, tasks) for name, each in answers.items()}
    return tuple(
        shapes.AttemptDetail(
            accuracy_interval=accuracy_interval(each.accuracy_percent, tasks),
            **dict(each) | figures.get(each.model_name, {}),
        )
        for each in submission.attempts
    )


def _tasks(record: VersionRecord, answers: Mapping[str, Answers], endpoint: str) -> list[shapes.TaskRow]:
    """Return a row for each result, with its file and what each attempt's answer came to."""
    submission = record.submission
    rows = (
        {
            "puzzle_id": task_id,
            "pairs_total": each.pairs_total,
            "pairs_solved": each.pairs_solved,
            "attempts": tuple(_attempt_at_task(of_attempt.get(task_id)) for of_attempt in answers.values()),
            **(dict(file_origin(endpoint, submission.key, submission.revision, each)) if submission else {}),
        }
        for task_id, each in sorted(record.results.items())
    )
    return all_shaped(shapes.TaskRow, rows, "task_results")


def _attempt_at_task(answer: TaskAnswer | None) -> shapes.AttemptAtTask | None:
    if answer is None:
        return None
    figures = {"cost": answer.cost, "tokens": answer.tokens, "time_ms": answer.time_ms}
    return shaped(shapes.AttemptAtTask, {"pairs_solved": sum(answer.pairs), **figures}, "explanations")


def _with_changes(records: list[VersionRecord]) -> list[shapes.Version]:
    pairs = zip(records, [*records[1:], None], strict=True)
    return [
        each.version.model_copy(
            update={"changes": changes(older.results, each.results) if older else None, **score_intervals(each.version)}
        )
        for each, older in pairs
    ][: submissions.VERSIONS_SHOWN]


ENDPOINTS = (get_model, get_model.by_owner("The same, with the dataset's slash as it is"))
