"""Adds up a version: from tasks and attempts to the figures in `submission_versions`.

Fractions are added exactly and rounded once, so that the last digit is right whatever the order.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from common.arc.task_sets import TaskSet

from ingester.submission.limits import BIGINT

Number = int | Decimal
"""PostgreSQL's sum() of bigint is numeric, which arrives as Decimal."""


class TaskResult(NamedTuple):
    """How much of one task a version solved, by the usable file of this blob oid: a row of `task_results`.

    `hf_path` is below the model's folder.
    """

    puzzle_id: str
    hf_blob_oid: str
    pairs_total: int
    pairs_solved: int
    hf_path: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptSums:
    """One attempt's sums over the version's tasks, None where no row has a value; sums may be beyond bigint.

    Costs in USD are those of the rows: PostgreSQL's sum of them would depend on their order.
    """

    model_name: str
    pairs_correct: int
    pairs_submitted: int
    costs: Sequence[float]
    tokens: Number | None
    time_ms: Number | None


@dataclass(frozen=True, slots=True)
class AttemptScore:
    """How well one attempt did, in percent of the set's pairs: who only answers what is easy does not look better."""

    model_name: str
    accuracy_percent: float
    pairs_correct: int
    pairs_submitted: int


@dataclass(frozen=True, slots=True)
class Aggregates:
    """A version's figures, by the names of their columns. Scores are fractions of 1."""

    tasks_total: int
    tasks_submitted: int
    tasks_solved: int
    pairs_total: int
    pairs_solved: int
    score: float
    score_submitted: float | None
    attempts: tuple[AttemptScore, ...]
    total_cost: float | None
    total_tokens: int | None
    total_time_ms: int | None


def aggregate(task_set: TaskSet, results: Iterable[TaskResult], attempts: Iterable[AttemptSums]) -> Aggregates:
    """Add up one version: `results` has one entry for each task with a usable file, `attempts` one for each attempt."""
    tasks, sums = list(results), list(attempts)
    scored = sum(Fraction(task.pairs_solved, task.pairs_total) for task in tasks)
    return Aggregates(
        tasks_total=len(task_set.tasks),
        tasks_submitted=len(tasks),
        tasks_solved=sum(task.pairs_solved == task.pairs_total for task in tasks),
        pairs_total=task_set.pairs_total,
        pairs_solved=sum(task.pairs_solved for task in tasks),
        score=float(scored / len(task_set.tasks)),
        score_submitted=float(scored / len(tasks)) if tasks else None,
        attempts=tuple(_score(each, task_set.pairs_total) for each in sorted(sums, key=_number)),
        total_cost=_added_cost(cost for each in sums for cost in each.costs),
        total_tokens=_added_integers(each.tokens for each in sums),
        total_time_ms=_added_integers(each.time_ms for each in sums),
    )


def _score(sums: AttemptSums, pairs_total: int) -> AttemptScore:
    percent = float(Fraction(100 * sums.pairs_correct, pairs_total))
    return AttemptScore(sums.model_name, percent, sums.pairs_correct, sums.pairs_submitted)


def _number(sums: AttemptSums) -> int:
    """Order attempt 10 after attempt 2."""
    return int(sums.model_name.rpartition("-attempt")[2])


def _added_cost(costs: Iterable[float]) -> float | None:
    """Add; None where nothing is known. `fsum` rounds once, and what other programs wrote may be infinite."""
    known = [cost for cost in costs if math.isfinite(cost)]
    return math.fsum(known) if known else None


def _added_integers(values: Iterable[Number | None]) -> int | None:
    """Add; None where nothing is known, or where the sum is beyond bigint."""
    known = [int(value) for value in values if value is not None]
    return total if known and (total := sum(known)) <= BIGINT else None
