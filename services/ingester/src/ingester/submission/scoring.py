"""The official rules: when an answer is right, which answer counts, and when a pair is solved."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from common.arc.task_sets import Grid, Task

from ingester.submission.answers import Answer, read_answer
from ingester.submission.attempts import Attempt


class Judged(NamedTuple):
    """An attempt at a pair, its answer, and the verdict. What names no pair of the task is never right."""

    attempt: Attempt
    answer: Answer
    right: bool


def judge(attempt: Attempt, task: Task) -> Judged:
    """Compare an attempt with the task's expected output; what the file says in `correct` is not asked."""
    answer = read_answer(attempt.answer)
    right = attempt.pair is not None and is_right(answer, task.test[attempt.pair].output)
    return Judged(attempt, answer, right)


def is_right(answer: Answer, expected: Grid) -> bool:
    """Tell whether an answer is the expected output, cell by cell."""
    return answer.rows == list(map(list, expected))


def select_answer(judged: Sequence[Judged]) -> Judged:
    """Choose among one attempt's several answers to one pair: the first right one, else the first."""
    return next((each for each in judged if each.right), judged[0])


def pairs_solved(judged: Iterable[Judged]) -> int:
    """Count the pairs that any attempt got right; each counts once, so that no task scores above 1."""
    return len({each.attempt.pair for each in judged if each.right})
