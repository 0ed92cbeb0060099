"""Where each submission stands within its task set, brought up to date one submission at a time. Knows no database."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import NamedTuple

from common.names.fields import ModelName

from query_api.schemas.base import Interval, RankRange
from query_api.schemas.cached import ModelRow
from query_api.schemas.model_detail import Version
from query_api.schemas.naming import naming
from query_api.store.rows import Key, Submission, VersionTasks
from query_api.view.task_sets import NAMES, TaskIndex
from query_api.view.uncertainty import Sample, interval

# One submission is compared with all others of its set in a few milliseconds; events wait for no more than this.
SLICE_SECONDS = 0.05


class Standing(NamedTuple):
    """Where a submission stands. `ranks` is None where its tasks are not known or not all comparisons are made."""

    rank: int
    ranks: tuple[int, int] | None = None
    not_distinguishable: int | None = None


def model_row(submission: Submission, standing: Standing | None, name: ModelName) -> ModelRow:
    """Return a submission as the API shows it."""
    known = standing or Standing(0)
    return ModelRow(
        **{name: getattr(submission, name) for name in Submission.model_fields if name in ModelRow.model_fields},
        **naming(name),
        **score_intervals(submission),
        rank=known.rank or None,
        rank_range=RankRange(best=known.ranks[0], worst=known.ranks[1]) if known.ranks else None,
        not_distinguishable=known.not_distinguishable,
        cost_per_task=_per_task(submission),
    )


def _per_task(submission: Submission) -> float | None:
    """Return what it cost over all tasks of the set, as its score is, whether it answered them or not."""
    cost, tasks = submission.total_cost, submission.tasks_total
    return None if cost is None or not tasks else cost / tasks


def score_intervals(of: Submission | Version) -> dict[str, Interval | None]:
    """Return how sure both scores are; where no task was submitted, nothing was measured."""
    scores = {"score": (of.score, of.tasks_total), "score_submitted": (of.score_submitted, of.tasks_submitted)}
    return {
        f"{name}_interval": None if score is None or not of.tasks_submitted else interval(score, tasks)
        for name, (score, tasks) in scores.items()
    }


def sample_of(tasks: TaskIndex, results: Iterable[tuple[str, int, int]]) -> Sample:
    """Return a submission's points, task by task in the set's order; a task that it leaves out has none.

    A task of which the set has other pairs by now counts by the share that was solved, to the nearest point.
    """
    solved = {task_id: (part, whole) for task_id, part, whole in results}
    pairs = (solved.get(task_id, (0, 1)) for task_id in tasks.pairs)
    return Sample(array("I", [round(part * tasks.unit / whole) for part, whole in pairs]))


@dataclass
class _Entry:
    """A submission that was compared with all others of its table: how many of them are surely better, or worse."""

    sample: Sample
    better: int = 0
    worse: int = 0


_Table = dict[Submission, _Entry]


class Standings:
    """Compares the submissions of each task set with each other, for as long as they stay as they are only once."""

    def __init__(self, task_sets: Mapping[str, TaskIndex]) -> None:
        self._task_sets = task_sets
        self._samples: dict[Submission, Sample | None] = {}
        self._tables: defaultdict[str, _Table] = defaultdict(dict)
        self.complete = True
        """Whether `of` has nothing left to compare."""

    def unread(self, submissions: Collection[Submission]) -> list[Submission]:
        """Return the submissions whose tasks are to be read; what is known of any that are not among these is gone."""
        self._samples = {each: self._samples[each] for each in submissions if each in self._samples}
        return [each for each in submissions if each.is_ranked and each not in self._samples]

    def learn(self, submissions: Iterable[Submission], found: Mapping[Key, VersionTasks]) -> None:
        """Take what was read for some submissions; the tasks of another version than theirs are not used."""
        for each in submissions:
            read, tasks = found.get(each.key), self._task_sets.get(NAMES.get(each.source, ""))
            is_same = read is not None and (read.tree_oid, read.run_id) == (each.tree_oid, each.run_id)
            self._samples[each] = sample_of(tasks, read.results) if read and is_same and tasks else None

    def of(self, submissions: Iterable[Submission]) -> Mapping[Key, Standing]:
        """Return where each submission stands. Compares for a while only: `complete` says whether that was enough."""
        deadline = monotonic() + SLICE_SECONDS
        members: defaultdict[str, list[Submission]] = defaultdict(list)
        for each in submissions:
            if each.is_ranked:
                members[each.source].append(each)
        self.complete = True
        found: dict[Key, Standing] = {}
        for source in members.keys() | self._tables.keys():
            ranked, table = members[source], self._tables[source]
            compared = self._compare(ranked, table, deadline)
            self.complete &= compared
            found |= _standings(ranked, table if compared and self._samples.keys() >= set(ranked) else {})
        return MappingProxyType(found)

    def _compare(self, members: Iterable[Submission], table: _Table, deadline: float) -> bool:
        """Bring a table up to date, one submission after the other; return whether all is done."""
        samples = {each: sample for each in members if (sample := self._samples.get(each))}
        for gone in table.keys() - samples.keys():
            _count(table.pop(gone), table.values(), -1)
        for each in [each for each in samples if each not in table]:
            entry = _Entry(samples[each])
            _count(entry, table.values(), 1)
            table[each] = entry
            if monotonic() > deadline:
                return len(table) == len(samples)
        return True


def _count(entry: _Entry, others: Iterable[_Entry], step: int) -> None:
    """Compare a submission with others, and count for both which one is surely better; or take that back."""
    for other in others:
        if entry.sample.differs_from(other.sample):
            upper, lower = (entry, other) if entry.sample.total > other.sample.total else (other, entry)
            upper.worse += step
            lower.better += step


def _standings(members: Sequence[Submission], table: _Table) -> Iterator[tuple[Key, Standing]]:
    """Return the standings of a set's submissions; without ranges where the table is empty."""
    scores = sorted(-each.score for each in members)
    for each in members:
        rank, entry = 1 + bisect_left(scores, -each.score), table.get(each)
        if entry is None:
            yield each.key, Standing(rank)
            continue
        # One whose tasks are not known may be better or worse than any. Where a task set was amended, scores are of
        # other pairs than points: a rank by score is possible, too.
        best, worst = min(rank, 1 + entry.better), max(rank, len(members) - entry.worse)
        yield each.key, Standing(rank, (best, worst), len(members) - 1 - entry.better - entry.worse)
