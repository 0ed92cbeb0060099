"""The submissions of one task set side by side, task by task. Pure."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from query_api.schemas.per_task import task_outcomes as shapes
from query_api.store.rows import Submission
from query_api.view.by_task.outcomes import MISSING, PARTLY, SOLVED, UNKNOWN, UNSOLVED, Outcomes
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex

RESULTS: Final[Mapping[int, shapes.Outcome]] = {
    SOLVED: "solved",
    PARTLY: "partial",
    UNSOLVED: "unsolved",
    MISSING: "not_attempted",
}


@dataclass(frozen=True)
class Member:
    """A submission, its names as a shape has them, and what it makes of each task."""

    submission: Submission
    is_reference: bool
    named: Mapping[str, Any]
    outcomes: Outcomes

    @property
    def short(self) -> dict[str, Any]:
        """Which submission it is."""
        return {name: self.named[name] for name in shapes.NamedSubmission.model_fields}


def ranked(view: View, source: str, dataset: str | None = None) -> list[Submission]:
    """Return the ranked submissions of a task set, the best first."""
    found = (
        each
        for each in view.submissions.values()
        if each.source == source and dataset in {None, each.dataset} and each.is_ranked
    )
    return sorted(found, key=lambda each: (-each.score, each.key))


def names_of(view: View, submission: Submission) -> dict[str, Any]:
    """Return what a shape says of whose outcomes it holds."""
    fields = view.name_of(submission).fields
    known = {name: getattr(fields, name) for name in ("display_name", "provider", "family", "effort", "kind")}
    return known | {name: getattr(submission, name) for name in ("dataset", "model", "score")}


class Board:
    """Counts what submissions say of each task; those that are of no model do not count."""

    def __init__(self, tasks: TaskIndex, submissions: Sequence[Submission], view: View) -> None:
        self.tasks = tasks
        self.members = [
            Member(each, view.name_of(each).is_reference, names_of(view, each), outcomes)
            for each in submissions
            if (outcomes := view.outcomes.get(each.key))
        ]
        self._counted = [each for each in self.members if not each.is_reference]
        self._ids = list(tasks.pairs)
        # Columns are slices of these: 80,000 outcomes are counted in a few milliseconds.
        self._results = b"".join(each.outcomes.results for each in self._counted)
        self._since, self._costs = array("d"), array("d")
        none = array("d", [UNKNOWN]) * len(self._ids)
        for each in self._counted:
            self._since += each.outcomes.solved_since
            self._costs += each.outcomes.costs or none

    @cached_property
    def order(self) -> list[int]:
        """The places of the tasks, the easiest first: by how many solve it, then in part; unanswered ones last."""
        return sorted(range(len(self._ids)), key=self._difficulty)

    def _difficulty(self, place: int) -> tuple[bool, float, float, str]:
        column = self._column(place)
        answered = len(column) - column.count(MISSING)
        part = column.count(PARTLY) / answered if answered else 0.0
        solved = column.count(SOLVED) / answered if answered else 0.0
        return not answered, -solved, -part, self._ids[place]

    def results(self) -> list[str]:
        """Return each member's results as letters, in the order of difficulty."""
        every = b"".join(each.outcomes.results for each in self.members)
        by_difficulty = b"".join(every[place :: len(self._ids)] for place in self.order)
        return [by_difficulty[number :: len(self.members)].decode() for number in range(len(self.members))]

    def place_of(self, task_id: str) -> int:
        """Return a task's place in the set."""
        return self._ids.index(task_id)

    def figures(self, place: int) -> dict[str, Any]:
        """Return the fields of a task's figures."""
        task_id = self._ids[place]
        column = self._column(place)
        solved, answered = column.count(SOLVED), len(column) - column.count(MISSING)
        first, cheapest = (self._least(values, place) for values in (self._since, self._costs))
        return {
            "puzzle_id": task_id,
            "pairs": self.tasks.pairs[task_id],
            "solved_by": solved,
            "answered_by": answered,
            "difficulty": 1 - solved / answered if answered else None,
            "first_solved": first and shapes.FirstSolve(**first[0].short, at=datetime.fromtimestamp(first[1], UTC)),
            "cheapest_solve": cheapest and shapes.CheapestSolve(**cheapest[0].short, cost=cheapest[1]),
        }

    def all_figures(self) -> list[dict[str, Any]]:
        """Return the figures of all tasks, the easiest first."""
        return [self.figures(place) for place in self.order]

    def _column(self, place: int) -> bytes:
        return self._results[place :: len(self._ids)]

    def _least(self, values: Sequence[float], place: int) -> tuple[Member, float] | None:
        """Return who has the least of a task's values; of equals the best."""
        column = values[place :: len(self._ids)]
        least = min(column, default=UNKNOWN)
        return None if least == UNKNOWN else (self._counted[column.index(least)], least)
