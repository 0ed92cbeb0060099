"""What each submission makes of each task: 17 bytes for each, held in memory and brought up to date."""

import math
from array import array
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from query_api.store.rows import Key, Solves, Submission, VersionTasks
from query_api.view.task_sets import NAMES, TaskIndex

SOLVED, PARTLY, UNSOLVED, MISSING = b"SPU-"
UNKNOWN: Final = math.inf
# Of so many submissions costs and dates are read at once, in tens of milliseconds; events wait for no more than this.
SLICE = 20


@dataclass(frozen=True)
class Outcomes:
    """One submission's, task by task in the set's order. UNKNOWN where a task is not solved, or that is not known."""

    results: bytes
    """A letter for each task."""
    solved_since: "array[float]"
    """Since which moment it has been solved, in seconds since the epoch."""
    costs: "array[float] | None" = None
    """What all attempts at it cost, in USD. None: not read yet."""


Read = Callable[[Sequence[Submission]], Awaitable[Mapping[Key, Solves]]]


class OutcomeTable:
    """Holds the outcomes of the present submissions, for as long as they stay as they are."""

    def __init__(self, task_sets: Mapping[str, TaskIndex], read: Read) -> None:
        self._task_sets = task_sets
        self._read = read
        self._known: dict[Submission, Outcomes] = {}

    def learn(self, submissions: Iterable[Submission], found: Mapping[Key, VersionTasks]) -> None:
        """Take what was read of some submissions' tasks; what is of another version than theirs is not used."""
        for each in submissions:
            read, tasks = found.get(each.key), self._index(each)
            if read and tasks and (read.tree_oid, read.run_id) == (each.tree_oid, each.run_id):
                self._known[each] = _outcomes(tasks, read, moment_of(each))

    @property
    def complete(self) -> bool:
        """Whether `read_more` has nothing left to read."""
        return all(each.costs is not None for each in self._known.values())

    def keep(self, submissions: Iterable[Submission]) -> None:
        """Forget what is not among these submissions."""
        self._known = {each: self._known[each] for each in submissions if each in self._known}

    async def read_more(self) -> None:
        """Read costs and earlier solves of some that lack them."""
        waiting = [each for each, known in self._known.items() if known.costs is None][:SLICE]
        if waiting:
            self.learn_solves(waiting, await self._read(waiting))

    def learn_solves(self, submissions: Iterable[Submission], found: Mapping[Key, Solves]) -> None:
        """Take what was read of some submissions' costs and earlier versions."""
        for each in submissions:
            if (known := self._known.get(each)) and (tasks := self._index(each)):
                self._known[each] = _with_solves(tasks, known, found.get(each.key, Solves()))

    def of(self, submissions: Iterable[Submission]) -> Mapping[Key, Outcomes]:
        """Return the outcomes of those whose tasks were read."""
        return MappingProxyType({each.key: known for each in submissions if (known := self._known.get(each))})

    def _index(self, submission: Submission) -> TaskIndex | None:
        return self._task_sets.get(NAMES.get(submission.source, ""))


def moment_of(submission: Submission) -> datetime:
    """Return when a submission's answers came: to the Hub, or where that is not known, here."""
    return submission.published_at or submission.landed_at


def _outcomes(tasks: TaskIndex, read: VersionTasks, at: datetime) -> Outcomes:
    pairs = {task_id: (solved, total) for task_id, solved, total in read.results}
    results = bytes(_letter(*pairs[task_id]) if task_id in pairs else MISSING for task_id in tasks.pairs)
    since = at.timestamp()
    return Outcomes(results, array("d", [since if each == SOLVED else UNKNOWN for each in results]))


def _letter(solved: int, total: int) -> int:
    if solved >= total:
        return SOLVED
    return PARTLY if solved else UNSOLVED


def _with_solves(tasks: TaskIndex, known: Outcomes, found: Solves) -> Outcomes:
    """Add what solves cost, and which of them an earlier version had already."""
    rows = list(zip(tasks.pairs, known.results, known.solved_since, strict=True))
    return replace(
        known,
        costs=array("d", [found.costs.get(task, UNKNOWN) if it == SOLVED else UNKNOWN for task, it, _ in rows]),
        solved_since=array(
            "d", [min(at, found.earlier.get(task, UNKNOWN)) if it == SOLVED else at for task, it, at in rows]
        ),
    )
