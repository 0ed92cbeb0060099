"""Every figure of a submission, added up from its tasks. Fractions are exact; they are rounded where they are shown."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from verifier.rules import TaskScore, Verdicts
from verifier.task_sets import Outputs

# The most that the columns of a row hold: what is more is not known.
_BIGINT = 2**63 - 1
_INTEGER = 2**31 - 1
_DOLLARS = Fraction(1e300)


@dataclass(frozen=True)
class AttemptFigures:
    """One attempt over all tasks; accuracy in percent of the set's pairs."""

    pairs_correct: int
    pairs_submitted: int
    accuracy_percent: float


@dataclass(frozen=True)
class Figures:
    """What is claimed of a submission. `tasks`: task id -> pairs solved and pairs of the task, of usable files."""

    tasks: Mapping[str, tuple[int, int]]
    tasks_total: int
    tasks_submitted: int
    tasks_solved: int
    """Tasks of which every pair is solved."""
    pairs_total: int
    pairs_solved: int
    score: float
    score_submitted: float | None
    attempts: Mapping[int, AttemptFigures] = field(default_factory=dict)
    total_cost: float | None = None
    total_tokens: int | None = None
    total_time_ms: int | None = None


def add_up(scores: Mapping[str, TaskScore], outputs: Outputs) -> Figures:
    """Add the scores of tasks up over a task set."""
    tasks = {task_id: (score.pairs_solved, score.pairs_total) for task_id, score in scores.items()}
    pairs_total = sum(map(len, outputs.values()))
    points = sum((Fraction(*pairs) for pairs in tasks.values()), Fraction())
    verdicts = [(number, each) for score in scores.values() for number, each in score.attempts.items()]
    return Figures(
        tasks=tasks,
        tasks_total=len(outputs),
        tasks_submitted=len(tasks),
        tasks_solved=sum(solved == total for solved, total in tasks.values()),
        pairs_total=pairs_total,
        pairs_solved=sum(solved for solved, _ in tasks.values()),
        score=float(points / len(outputs)),
        score_submitted=float(points / len(tasks)) if tasks else None,
        attempts={number: _attempt(verdicts, number, pairs_total) for number in sorted({each for each, _ in verdicts})},
        total_cost=_cost(each for _, each in verdicts),
        total_tokens=_tokens(each for _, each in verdicts),
        total_time_ms=_milliseconds(each for _, each in verdicts),
    )


def _attempt(verdicts: Iterable[tuple[int, Verdicts]], number: int, pairs_total: int) -> AttemptFigures:
    pairs = [pair for each, verdict in verdicts if each == number for pair in verdict.pairs if pair is not None]
    return AttemptFigures(sum(pairs), len(pairs), float(Fraction(100 * sum(pairs), pairs_total)))


def _cost(verdicts: Iterable[Verdicts]) -> float | None:
    costs = [float(each.usage.cost) for each in verdicts if each.usage.cost is not None and each.usage.cost <= _DOLLARS]
    return math.fsum(costs) if costs else None


def _tokens(verdicts: Iterable[Verdicts]) -> int | None:
    """Add what rows can hold; so much is a version's column, too."""
    told = (each.usage.total_tokens for each in verdicts)
    tokens = [each for each in told if each is not None and each <= _BIGINT]
    return sum(tokens) if tokens and sum(tokens) <= _BIGINT else None


def _milliseconds(verdicts: Iterable[Verdicts]) -> int | None:
    """Add what was rounded for each attempt at a task, as rows have it."""
    half = timedelta(microseconds=500)
    told = (each.usage.time for each in verdicts)
    times = [(each + half) // timedelta(milliseconds=1) for each in told if each is not None]
    held = [each for each in times if each <= _INTEGER]
    return sum(held) if held else None
