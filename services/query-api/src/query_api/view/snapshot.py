"""The cached view: every current submission and the last sync, as immutable snapshots."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from time import monotonic
from types import MappingProxyType
from typing import Final

from common.events import ModelIngested
from common.names.fields import ModelName
from common.names.registry import ModelNames

from query_api.schemas.base import By
from query_api.schemas.cached import AttemptRow, ModelRow
from query_api.store.repair import shaped
from query_api.store.rows import NOTHING_STORED, Key, Stored, Submission, Sync
from query_api.view.by_task.outcomes import Outcomes
from query_api.view.standings import Standing, model_row

# Four times the ACK_WAIT of common.bus.topology, after which a message comes again.
LATE_EVENT_SECONDS: Final = 120.0


@dataclass(frozen=True)
class View:
    """What the API answers from. Equal views give equal answers."""

    submissions: Mapping[Key, Submission] = field(default_factory=dict)
    last_sync: Sync | None = None
    stored: Stored = NOTHING_STORED
    standings: Mapping[Key, Standing] = field(default_factory=dict)
    """Of these very submissions, as far as they were compared."""
    names: ModelNames = field(default_factory=ModelNames)
    outcomes: Mapping[Key, Outcomes] = field(default_factory=dict)
    """Of these submissions, as far as their tasks were read."""

    @classmethod
    def of(cls, submissions: Iterable[Submission], last_sync: Sync | None, stored: Stored = NOTHING_STORED) -> "View":
        """Make a view of everything the database holds."""
        return cls(MappingProxyType({each.key: each for each in submissions}), last_sync, stored)

    def as_announced(self) -> set[Submission]:
        """Return the submissions without what no event tells of them.

        Verifications come by themselves, and so does what lies beside answers.
        """
        silent = dict.fromkeys(("verified", "warnings", "listed_tree_oid"))
        return {each.model_copy(update=silent) for each in self.submissions.values()}

    def reread(self, keys: Collection[Key], found: Iterable[Submission]) -> "View":
        """Return the view after the database was asked for some keys; keys not found are gone."""
        kept = {key: each for key, each in self.submissions.items() if key not in keys}
        return self._with(kept | {each.key: each for each in found})

    def patched(self, event: ModelIngested) -> "View":
        """Return the view as an event alone describes it, for the time that the database cannot be asked.

        Events come late and twice: an older one than what is known changes nothing.
        """
        known = self.submissions.get((event.dataset, event.model))
        if known and (known.ingested_at, known.run_id) >= (event.ingested_at, event.run_id):
            return self
        patched = _provisional(event)
        if patched is None:
            return self
        kept = {key: each for key, each in self.submissions.items() if not _is_of_run(each, event)}
        return self._with(kept | {patched.key: patched})

    def _with(self, submissions: dict[Key, Submission]) -> "View":
        return replace(self, submissions=MappingProxyType(submissions), standings={})

    def row(self, submission: Submission) -> ModelRow:
        """Return a submission as the API shows it; where it is not the present version, no rank is known."""
        name = self.name_of(submission)
        is_ranked = self.submissions.get(submission.key) == submission and not name.is_reference
        return model_row(submission, self.standings.get(submission.key) if is_ranked else None, name)

    def name_of(self, submission: Submission) -> ModelName:
        """Return what is known of a submission's model."""
        return self.names.of(submission.model)

    def announced_by(self, event: ModelIngested) -> Submission | None:
        """Return the submission that an event announces: as it is known, or an older version as the event has it."""
        known = self.submissions.get((event.dataset, event.model))
        return known if known and _is_of_run(known, event) else _provisional(event)

    def twins(self, keys: Collection[Key], tree_oids: Collection[str]) -> set[Key]:
        """Return other keys of the same datasets with one of these contents: a rename may have emptied them."""
        datasets = {dataset for dataset, _ in keys}
        return {
            key
            for key, each in self.submissions.items()
            if each.tree_oid in tree_oids and each.dataset in datasets and key not in keys
        }

    def holding(self, attempt: str, *, source: str | None = None, dataset: str | None = None) -> Submission | None:
        """Return the submission of an attempt, or of a folder; of several, the one that landed last.

        Two datasets may answer one task set, and hold a model of the same name: only the dataset distinguishes them.
        """
        found = (
            each
            for each in self._holders.get(attempt, ())
            if source in {None, each.source} and dataset in {None, each.dataset}
        )
        return max(found, key=_age, default=None)

    def dataset(self, named: str) -> str | None:
        """Return a dataset as it is spelled here, None if there is none; the Hub tells none apart by letter case."""
        return named if named in self.datasets else self._by_folded_name.get(named.casefold())

    def spelled(self, dataset: str) -> str:
        """Return a dataset as it is spelled here; one that is not known stays as it is."""
        return self.dataset(dataset) or dataset

    @cached_property
    def watched_since(self) -> Mapping[str, datetime]:
        """When the first submission of each dataset was ingested: older commits were there before us."""
        found: dict[str, datetime] = {}
        for each in self.submissions.values():
            found[each.dataset] = min(each.ingested_at, found.get(each.dataset, each.ingested_at))
        return found

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that there are submissions of, in order."""
        return tuple(sorted({each.dataset for each in self.submissions.values()}))

    @cached_property
    def _by_folded_name(self) -> Mapping[str, str]:
        return {each.casefold(): each for each in self.datasets}

    @cached_property
    def _holders(self) -> Mapping[str, list[Submission]]:
        holders: dict[str, list[Submission]] = {}
        for submission in self.submissions.values():
            for name in {submission.model, *(each.model_name for each in submission.attempts)}:
                holders.setdefault(name, []).append(submission)
        return holders

    def latest(self, by: By = "ingested", dataset: str | None = None) -> Submission | None:
        """Return the newest submission that is still there upstream and of use, or None before the first."""
        there = (
            each
            for each in self.submissions.values()
            if each.is_ranked and dataset in {None, each.dataset} and (by == "ingested" or each.published_at)
        )
        return max(there, key=lambda each: (moment_of(each, by), *_age(each)), default=None)


class Unannounced:
    """What comparisons with the database found before an event told of it, and for how long none has.

    An event may be late: an ingester that dies after its commit leaves it to the next one, after ACK_WAIT at least.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since: dict[tuple[Key, str], float] = {}

    def found(self, submissions: Iterable[Submission]) -> None:
        """Take note of submissions that differ from what the database holds."""
        for each in submissions:
            self._since.setdefault((each.key, each.tree_oid), self._clock())

    def announced(self, event: ModelIngested) -> None:
        """Forget what an event tells of; where a folder was renamed, it bears the new name."""
        key = (event.dataset, event.model)
        told = {each for each in self._since if each[0] == key or (each[0][0], each[1]) == (key[0], event.tree_oid)}
        self._since = {each: since for each, since in self._since.items() if each not in told}

    def forgive(self) -> None:
        """Forget all of it: a sync was completed, which tells of what vanished without naming it."""
        self._since = {}

    def put_off(self) -> None:
        """Begin anew to wait: no event could come."""
        self._since = dict.fromkeys(self._since, self._clock())

    def overdue(self) -> set[Key]:
        """Return, once, the submissions for which no event came in time."""
        until = self._clock() - LATE_EVENT_SECONDS
        late = {each for each, since in self._since.items() if since <= until}
        self._since = {each: since for each, since in self._since.items() if each not in late}
        return {key for key, _ in late}


def moment_of(submission: Submission, by: By) -> datetime:
    """Return the instant that "latest" is counted from."""
    return (by == "published" and submission.published_at) or submission.landed_at


def _age(submission: Submission) -> tuple[datetime, int, Key]:
    return submission.landed_at, submission.run_id, submission.key


def _is_of_run(submission: Submission, event: ModelIngested) -> bool:
    """Tell whether the event is of the same run: under another name, the folder was renamed."""
    known = (submission.dataset, submission.tree_oid, submission.run_id)
    return known == (event.dataset, event.tree_oid, event.run_id)


def _provisional(event: ModelIngested) -> Submission | None:
    """Return what an event says of a submission; the rest is not known."""
    known = event.model_dump(include=Submission.model_fields.keys() - {"attempts"})
    unknown = dict.fromkeys(Submission.model_fields)
    values = {
        "status": "partial" if event.failed or not event.attempts else "completed",
        "attempts": tuple(AttemptRow(model_name=each, accuracy_percent=None) for each in event.attempts),
        "total_cost": event.cost,
        "errors": event.failed,
        "landed_at": event.landed_at or event.ingested_at,
        "landed_as": f"{event.model}@{event.tree_oid}" if event.landed else None,
        "listed_tree_oid": event.tree_oid,
    }
    return shaped(Submission, unknown | known | values, "model.ingested")
