"""What the cached view answers, as pure functions from a moment to a shape."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypedDict

from common.names.fields import ModelName
from common.names.folders import attempt_model_name

from query_api.schemas import cached as shapes
from query_api.schemas.accuracy import DEFAULT_SET, HarnessAccuracy, HarnessAnswer, HarnessQuery
from query_api.schemas.base import JSON, Rendered
from query_api.schemas.cursors import read_cursor, refusal, write_cursor
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.rows import Key, Submission
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


_Value = str | float | None
# What a list is sorted by, of a submission and of its name; None is not known. And whether the greatest comes first.
_ORDERS: dict[shapes.SortBy, tuple[Callable[[Submission, str], _Value], bool]] = {
    "score": (lambda each, _: each.score, True),
    "ingestedAt": (lambda each, _: each.ingested_at.timestamp(), True),
    "publishedAt": (lambda each, _: each.published_at.timestamp() if each.published_at else None, True),
    "model": (lambda _, name: name.casefold(), False),
    "cost": (lambda each, _: each.total_cost, False),
}


def list_models(moment: Moment, query: shapes.ModelsQuery) -> Rendered:
    """Every submission with its scores and coverage."""
    view = moment.state.view
    dataset = query.dataset and known_dataset(view, query.dataset, moment.settings.hf_datasets)
    found = [
        (each, name)
        for each in view.submissions.values()
        if dataset in {None, each.dataset}
        and query.source in {None, each.source}
        and query.status in {None, each.status}
        and _is_meant(name := view.name_of(each), each.model, query)
    ]
    value_of, _ = _ORDERS[query.sort]
    places = [(_place(query, value_of(each, name.display_name), each.key), each, name) for each, name in found]
    places.sort(key=itemgetter(0))
    first = query.offset
    if query.cursor:
        first = bisect_right(places, _read_place(query, query.cursor), key=itemgetter(0))
    page = places[first : first + query.limit]
    following = None
    if page and first + query.limit < len(places):
        _, last, name = page[-1]
        following = write_cursor(query, value_of(last, name.display_name), *last.key)
    rows = (row_json(each, view.standings.get(each.key), name) for _, each, name in page)
    answer = shapes.ModelsAnswer(total=len(found), next_cursor=following, data=(), **moment.freshness)
    return Rendered(answer.model_dump_json().encode().removesuffix(b"]}") + b",".join(rows) + b"]}", JSON)


def _is_meant(name: ModelName, folder: str, query: shapes.ModelsQuery) -> bool:
    """Tell whether a model has the family and holds the words that are asked for."""
    if query.family is not None and (name.fields.family or "").casefold() != query.family.casefold():
        return False
    holds = f"{name.display_name} {folder}".casefold()
    return all(word in holds for word in (query.search or "").casefold().split())


def _place(query: shapes.ModelsQuery, value: _Value, key: Key) -> tuple[tuple[Any, ...], Key]:
    """Return what a submission is sorted by; ties go by dataset and folder, and what is not known comes last."""
    descending = (query.order == "desc") if query.order else _ORDERS[query.sort][1]
    if value is None:
        return (1,), key
    if not descending:
        return (0, value), key
    # Letters turned round; what ends first comes after what goes on.
    return (0, -value if isinstance(value, int | float) else (*(-ord(letter) for letter in value), 1)), key


def _read_place(query: shapes.ModelsQuery, cursor: str) -> tuple[tuple[Any, ...], Key]:
    """Return the place that a cursor means."""
    if query.offset:
        raise refusal("offset is another place; give one of them")
    kind = str if query.sort == "model" else int | float | None
    value, dataset, model = read_cursor(query, cursor, (kind, str, str))
    return _place(query, value, (dataset, model))


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
