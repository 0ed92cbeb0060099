"""What the cached view answers, as pure functions from a moment to a shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypedDict

from common.names.fields import ModelName
from common.names.folders import attempt_model_name

from query_api.schemas import cached as shapes
from query_api.schemas.accuracy import DEFAULT_SET, HarnessAccuracy, HarnessAnswer, HarnessQuery
from query_api.schemas.base import JSON, Rendered
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.rows import Submission
from query_api.view.answer_statistics import percentage
from query_api.view.named_models import known_dataset, resolve
from query_api.view.projection import State
from query_api.view.snapshot import moment_of
from query_api.view.standings import Standing, model_row
from query_api.view.task_sets import NAMES, TaskIndex


class Freshness(TypedDict):
    """How old the view is, in every answer made of it."""

    stale: bool
    as_of: datetime | None


@dataclass(frozen=True)
class Moment:
    """Everything that such an answer depends on."""

    state: State
    now: datetime
    settings: Settings
    task_sets: Mapping[str, TaskIndex] = field(default_factory=dict)

    @property
    def freshness(self) -> Freshness:
        """The fields that every such answer carries."""
        return {"stale": self.state.as_of is not None, "as_of": self.state.as_of}

    def next_run(self) -> datetime | None:
        """Return when the next scheduled sync is due."""
        return self.settings.schedule.next_run(self.now) if self.settings.enable_cron_jobs else None

    def expires_at(self) -> datetime:
        """Return when an answer may differ without any event: at midnight, and at the next tick of the schedule."""
        midnight = datetime.combine(self.now.date() + timedelta(days=1), datetime.min.time(), UTC)
        tick = self.next_run()
        return min(midnight, tick) if tick else midnight


def get_latest_model(moment: Moment, query: shapes.LatestQuery) -> shapes.LatestAnswer:
    """The newest submission, and the label that dashboards show."""
    view = moment.state.view
    found = view.latest(query.by, query.dataset and known_dataset(view, query.dataset, moment.settings.hf_datasets))
    if found is None:
        return shapes.LatestAnswer(data=None, **moment.freshness)
    days = days_between(moment_of(found, query.by), moment.now.date())
    data = shapes.LatestModel(
        model_name=found.attempts[0].model_name,
        display_label=f"Latest: {view.name_of(found).display_name} ({ago(days)})",
        days_ago=days,
        **view.row(found).model_dump(include=set(shapes.LatestModel.model_fields)),
    )
    return shapes.LatestAnswer(data=data, **moment.freshness)


def days_between(then: datetime, today: date) -> int:
    """Count calendar days in UTC; a moment in the future (a clock that is ahead) is today."""
    return max(0, (today - then.astimezone(UTC).date()).days)


def ago(days: int) -> str:
    """Say a number of days: today, 1 day ago, 2 days ago."""
    if days == 0:
        return "today"
    return "1 day ago" if days == 1 else f"{days} days ago"


# After an event one row is new: writing the other thousand again would hold up every other request.
@lru_cache(maxsize=10_000)
def row_json(submission: Submission, standing: Standing | None, name: ModelName) -> bytes:
    """Return a row as JSON."""
    return model_row(submission, standing, name).model_dump_json().encode()


def _instant(value: datetime | None) -> float:
    return value.timestamp() if value else float("-inf")


# Of a submission, and of the name that people know it by.
_ORDERS: dict[shapes.SortBy, Callable[[Submission, str], Any]] = {
    "score": lambda each, _: -each.score,
    "ingestedAt": lambda each, _: -_instant(each.ingested_at),
    "publishedAt": lambda each, _: -_instant(each.published_at),
    "model": lambda _, name: name.casefold(),
    "cost": lambda each, _: float("inf") if each.total_cost is None else each.total_cost,
}


def list_models(moment: Moment, query: shapes.ModelsQuery) -> Rendered:
    """Every submission with its scores and coverage."""
    view = moment.state.view
    dataset = query.dataset and known_dataset(view, query.dataset, moment.settings.hf_datasets)
    found = [
        each
        for each in view.submissions.values()
        if dataset in {None, each.dataset}
        and query.source in {None, each.source}
        and query.status in {None, each.status}
    ]
    order = _ORDERS[query.sort]
    # Ties are ordered by dataset and folder.
    found.sort(key=lambda each: (order(each, view.name_of(each).display_name), each.key))
    page = found[query.offset : query.offset + query.limit]
    rows = (row_json(each, view.standings.get(each.key), view.name_of(each)) for each in page)
    envelope = shapes.ModelsAnswer(total=len(found), data=(), **moment.freshness).model_dump_json().encode()
    return Rendered(envelope.removesuffix(b"]}") + b",".join(rows) + b"]}", JSON)


def get_harness_accuracy(moment: Moment, query: HarnessQuery) -> HarnessAnswer:
    """A model's score over a whole task set, as the official harness counts."""
    base, view = query.base_model_name, moment.state.view
    named_set = query.dataset or query.hf_dataset or DEFAULT_SET
    tasks, (model,) = resolve(view, moment.task_sets, named_set, [base], query.hf_dataset)
    solved = model.submission
    if base not in {each.model for each in ([solved] if solved else view.submissions.values())}:
        raise ProblemError(404, f"{base!r} is an attempt; baseModelName is its folder, without -attempt and the number")
    pairs_total = (solved and solved.pairs_total) or tasks.pairs_total
    pairs_solved = solved.pairs_solved if solved else 0
    # A row may hold what no version of ours writes.
    accuracy = None if pairs_solved is None or pairs_solved > pairs_total else pairs_solved / pairs_total
    data = HarnessAccuracy(
        base_model_name=base,
        attempt1_model_name=attempt_model_name(base, 1),
        attempt2_model_name=attempt_model_name(base, 2),
        dataset=NAMES[tasks.source],
        hf_dataset=model.hf_dataset,
        puzzles_counted=solved.tasks_total if solved else len(tasks.pairs),
        puzzles_fully_solved=solved.tasks_solved if solved else 0,
        harness_score=solved.score if solved else 0.0,
        harness_score_percentage=percentage(solved.score if solved else 0.0),
        pair_weighted_correct_pairs=pairs_solved,
        pair_weighted_total_pairs=pairs_total,
        pair_weighted_accuracy=accuracy,
        pair_weighted_accuracy_percentage=None if accuracy is None else percentage(accuracy),
    )
    return HarnessAnswer(data=data, **moment.freshness)


def get_quick_stats(moment: Moment) -> shapes.QuickStats:
    """How much there is, and whether the database answers."""
    view = moment.state.view
    return shapes.QuickStats(
        total_models=len({each.model for each in view.submissions.values()}),
        total_explanations=view.stored.explanations,
        database_connected=moment.state.database_connected,
        last_ingestion=view.stored.last_run_at,
        timestamp=moment.now,
        **moment.freshness,
    )


def get_cron_status(moment: Moment) -> shapes.CronStatusAnswer:
    """When the next sync is due, and how the last one went."""
    last = moment.state.view.last_sync
    settings = moment.settings
    return shapes.CronStatusAnswer(
        cron_enabled=settings.enable_cron_jobs,
        schedule=settings.hf_sync_schedule,
        auto_ingest=settings.hf_sync_auto_ingest,
        next_run=moment.next_run(),
        last_run=last.started_at if last else None,
        last_status=None if last is None or last.status == "unknown" else last.status,
        last_new_models_found=last.new_models_found if last else None,
        last_trigger=last.trigger if last else None,
        last_error=last.error if last else None,
        **moment.freshness,
    )
