"""The official rules: when an answer is right, which answer counts, and when a pair is solved."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from common.arc.task_sets import Task

from ingester.submission.answers import read_answer
from ingester.submission.attempts import Attempt
from ingester.submission.coercion import Rows


class Judged(NamedTuple):
    """An attempt at a pair, its answer's integers, and the verdict. What names no pair of the task is never right."""

    attempt: Attempt
    rows: Rows | None
    right: bool

    @property
    def stored(self) -> Any:
        """The grid where one can be read, else the answer as it came."""
        return self.attempt.answer if self.rows is None else self.rows

    @property
    def grid(self) -> Rows | None:
        """The grid where one can be read that has any row."""
        return self.rows or None


def judge(attempt: Attempt, task: Task) -> Judged:
    """Compare an attempt with the task's output, cell by cell; what the file says in `correct` is not asked."""
    rows = read_answer(attempt.answer)
    right = attempt.pair is not None and rows == list(map(list, task.test[attempt.pair].output))
    return Judged(attempt, rows, right)


def select_answer(judged: Sequence[Judged]) -> Judged:
    """Choose among one attempt's several answers to one pair: the first right one, else the first."""
    return next((each for each in judged if each.right), judged[0])


def pairs_solved(judged: Iterable[Judged]) -> int:
    """Count the pairs that any attempt got right; each counts once, so that no task scores above 1."""
    return len({each.attempt.pair for each in judged if each.right})
