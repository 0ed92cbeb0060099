"""The cached view: every current submission and the last sync, as immutable snapshots. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Literal

from common.events import ModelIngested
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from query_api.repair import shaped
from query_api.wire import Count, Fraction, Percent

Key = tuple[str, str]
"""(dataset, model folder)."""

By = Literal["ingested", "published"]
# "unknown" stands for a word of a newer version.
IngestionStatus = Literal["completed", "partial", "unknown"]
Status = Literal[IngestionStatus, "removed"]


@checked(frozen=True, slots=True)
class Attempt:
    """One attempt of a submission; `accuracy_percent` is over all pairs of the set."""

    model_name: str
    accuracy_percent: Percent | None = None


@checked(frozen=True, slots=True)
class Submission:
    """The current version of one model's submission. None: not known (from an event while the database is away)."""

    dataset: str
    model: str
    display_name: str
    source: str
    ingestion_status: IngestionStatus
    removed_upstream_at: datetime | None
    tree_oid: str
    revision: str
    run_id: int
    published_at: datetime | None
    ingested_at: datetime
    score: Fraction
    score_submitted: Fraction | None
    tasks_total: Count
    tasks_submitted: Count
    tasks_solved: Count | None
    pairs_total: Count | None
    pairs_solved: Count | None
    attempts: tuple[Attempt, ...]
    # One that is no number would differ from itself: each reconciliation would find a difference.
    total_cost: Annotated[float, Field(allow_inf_nan=False)] | None
    total_tokens: Count | None
    errors: Count

    @property
    def key(self) -> Key:
        """What tells it from every other submission."""
        return self.dataset, self.model

    @property
    def status(self) -> Status:
        """How its ingestion ended, unless its folder is gone upstream."""
        return "removed" if self.removed_upstream_at else self.ingestion_status


@checked(frozen=True, slots=True)
class Sync:
    """One comparison of the Hub with the database."""

    id: int
    trigger: str
    status: Literal["running", "completed", "partial", "failed", "unknown"]
    started_at: datetime
    completed_at: datetime | None
    models_seen: Count
    new_models_found: Count
    changed: Count
    error: str | None


@dataclass(frozen=True)
class View:
    """What the API answers from. Equal views give equal answers."""

    submissions: Mapping[Key, Submission] = field(default_factory=dict)
    last_sync: Sync | None = None
    read_at: datetime | None = field(default=None, compare=False)
    """When the whole of it was read, by the database's clock."""

    @classmethod
    def of(cls, submissions: Iterable[Submission], last_sync: Sync | None, read_at: datetime | None = None) -> "View":
        """Make a view of everything the database holds."""
        return cls(MappingProxyType({each.key: each for each in submissions}), last_sync, read_at)

    def reread(self, keys: Collection[Key], found: Iterable[Submission]) -> "View":
        """Return the view after the database was asked for some keys; keys not found are gone."""
        kept = {key: each for key, each in self.submissions.items() if key not in keys}
        return replace(self, submissions=MappingProxyType(kept | {each.key: each for each in found}))

    def patched(self, event: ModelIngested) -> "View":
        """Return the view as an event alone tells it, for the time that the database cannot be asked.

        Events come late and twice: an older one than what is known changes nothing.
        """
        known = self.submissions.get((event.dataset, event.model))
        if known and (known.ingested_at, known.run_id) >= (event.ingested_at, event.run_id):
            return self
        patched = _provisional(event)
        if patched is None:
            return self
        kept = {key: each for key, each in self.submissions.items() if not _is_of_run(each, event)}
        return replace(self, submissions=MappingProxyType(kept | {patched.key: patched}))

    def twins(self, keys: Collection[Key], tree_oids: Collection[str]) -> set[Key]:
        """Return other keys of the same datasets with one of these contents: a rename may have emptied them."""
        datasets = {dataset for dataset, _ in keys}
        return {
            key
            for key, each in self.submissions.items()
            if each.tree_oid in tree_oids and each.dataset in datasets and key not in keys
        }

    def holding(self, attempt: str, *, source: str | None = None, dataset: str | None = None) -> Submission | None:
        """Return the submission that an attempt belongs to; of several, the one ingested last.

        Two datasets may answer one task set, and hold a model of the same name: only the dataset tells them apart.
        """
        found = (
            each
            for each in self._holders.get(attempt, ())
            if source in {None, each.source} and dataset in {None, each.dataset}
        )
        return max(found, key=_age, default=None)

    @cached_property
    def _holders(self) -> Mapping[str, list[Submission]]:
        holders: dict[str, list[Submission]] = {}
        for submission in self.submissions.values():
            for attempt in submission.attempts:
                holders.setdefault(attempt.model_name, []).append(submission)
        return holders

    def latest(self, by: By = "ingested", dataset: str | None = None) -> Submission | None:
        """Return the newest submission that is still there upstream, or None before the first."""
        there = (
            each
            for each in self.submissions.values()
            if each.removed_upstream_at is None
            and each.tasks_submitted
            and (dataset is None or each.dataset == dataset)
        )
        if by == "published":
            dated = ((each.published_at, each) for each in there if each.published_at)
            return max(dated, key=lambda pair: (pair[0], *_age(pair[1])), default=(None, None))[1]
        return max(there, key=_age, default=None)


def _age(submission: Submission) -> tuple[datetime, int, Key]:
    return submission.ingested_at, submission.run_id, submission.key


def _is_of_run(submission: Submission, event: ModelIngested) -> bool:
    """Tell whether the event is of the same run: under another name, the folder was renamed."""
    known = (submission.dataset, submission.tree_oid, submission.run_id)
    return known == (event.dataset, event.tree_oid, event.run_id)


def _provisional(event: ModelIngested) -> Submission | None:
    values = {
        "dataset": event.dataset,
        "model": event.model,
        "display_name": event.display_name,
        "source": event.source,
        "ingestion_status": "partial" if event.failed else "completed",
        "removed_upstream_at": None,
        "tree_oid": event.tree_oid,
        "revision": event.revision,
        "run_id": event.run_id,
        "published_at": event.published_at,
        "ingested_at": event.ingested_at,
        "score": event.score,
        "score_submitted": event.score_submitted,
        "tasks_total": event.tasks_total,
        "tasks_submitted": event.tasks_submitted,
        "tasks_solved": None,
        "pairs_total": None,
        "pairs_solved": None,
        "attempts": tuple(Attempt(name) for name in event.attempts),
        "total_cost": event.cost,
        "total_tokens": None,
        "errors": event.failed,
    }
    return shaped(Submission, values, "model.ingested")
