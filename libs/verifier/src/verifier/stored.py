"""What rows of answers say, judged anew: the stored grids are compared with the task set once more."""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from verifier.answers import grid_of
from verifier.comparison import Disagreement
from verifier.rules import TaskScore, Verdicts
from verifier.task_sets import Grid, Outputs
from verifier.usage import Usage


@dataclass(frozen=True)
class StoredAnswers:
    """The row of one attempt at one task. `grids` and `verdicts` have one element for each pair of the task.

    `all_right` and `average` are those of a task with several pairs.
    """

    task_id: str
    attempt: int
    grids: list[Any]
    verdicts: list[bool | None]
    all_right: bool | None = None
    average: float | None = None
    cost: float | None = None
    tokens: int | None = None
    time_ms: int | None = None


def check_verdicts(rows: Iterable[StoredAnswers], outputs: Outputs) -> Iterator[Disagreement]:
    """Yield the rows whose verdicts are not those of their grids."""
    for row in rows:
        pairs = outputs.get(row.task_id)
        figure = f"{row.task_id} attempt_{row.attempt}"
        if pairs is None:
            yield Disagreement("unknown_task", figure, row.verdicts, None, "the task set has no such task")
        elif len(row.verdicts) != len(pairs):
            message = f"judged over {len(row.verdicts)} pairs, the task set has {len(pairs)}"
            yield Disagreement("task_set_mismatch", figure, len(row.verdicts), len(pairs), message)
        elif (said := _said(row)) != (judged := _judged(row, pairs)):
            message = f"{figure} is said to be {said}, its grids are {judged}"
            yield Disagreement("wrong_verdict", figure, said, judged, message)


def count_verdicts(rows: Iterable[StoredAnswers]) -> int:
    """Return how many verdicts `check_verdicts` compares."""
    return sum(len(row.verdicts) for row in rows)


def score_rows(rows: Iterable[StoredAnswers], answered: Collection[str], outputs: Outputs) -> dict[str, TaskScore]:
    """Score each task anew by the grids of its rows; `answered` are the tasks with a usable file, rows or none."""
    scores = {task_id: TaskScore(len(outputs[task_id])) for task_id in answered if task_id in outputs}
    for row in rows:
        if row.task_id in scores:
            pairs = outputs[row.task_id]
            grids = [*row.grids, *[None] * len(pairs)]  # a row of another task set may have too few
            right = _right(grids, pairs)
            verdicts = [None if grid is None else each for grid, each in zip(grids, right, strict=False)]
            scores[row.task_id].attempts[row.attempt] = Verdicts(verdicts, _usage(row))
    return scores


def _right(grids: list[Any], pairs: list[Grid]) -> list[bool]:
    return [grid_of(grid) == output for grid, output in zip(grids, pairs, strict=False)]


def _said(row: StoredAnswers) -> list[Any]:
    verdicts = [bool(verdict) for verdict in row.verdicts]
    return verdicts if len(verdicts) == 1 else [*verdicts, row.all_right, row.average]


def _judged(row: StoredAnswers, pairs: list[Grid]) -> list[Any]:
    right = _right(row.grids, pairs)
    return right if len(right) == 1 else [*right, all(right), float(Fraction(sum(right), len(right)))]


def _usage(row: StoredAnswers) -> Usage:
    cost = None if row.cost is None or not math.isfinite(row.cost) else Fraction(row.cost)
    return Usage(total_tokens=row.tokens, cost=cost, time=_time(row.time_ms))


def _time(milliseconds: int | None) -> timedelta | None:
    try:
        return None if milliseconds is None else timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
