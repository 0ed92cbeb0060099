"""A submission's own results.json, as the official scorer writes it, against what its files score.

Its `score` is the sum of its tasks' scores. What differs is its author's word against the files: it may be older than
they are, or made by a scorer of its time. So each difference has a name that says which, and none is a fault of ours.
"""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from verifier.comparison import Disagreement, Name
from verifier.rules import TaskScore, parse

# Of scores that are sums of floats.
_ROUNDING = 1e-9
# A sum of task scores beyond this is a joke, and may be beyond every float.
_HIGHEST = 1e9


class Report(NamedTuple):
    """The scores that a report says."""

    total: float | None
    tasks: Mapping[str, float]


def read_report(data: bytes) -> Report | None:
    """Read a report of any year; None where it is none."""
    try:
        document = parse(data)
    except ValueError:
        return None
    results = document.get("task_results") if isinstance(document, dict) else None
    if not isinstance(results, dict):
        return None
    scores = {task_id: _number(_score_in(value)) for task_id, value in results.items()}
    return Report(
        _number(document.get("score")), {task_id: each for task_id, each in scores.items() if each is not None}
    )


def count_claims(report: Report) -> int:
    """Return how many figures a report says."""
    return len(report.tasks) + (report.total is not None)


def compare_report(report: Report, scores: Mapping[str, TaskScore]) -> Iterator[Disagreement]:
    """Yield each task on which a report differs, and what of its sum its own tasks do not explain."""
    claimed = {task_id.casefold(): score for task_id, score in report.tasks.items()}
    ours = {task_id.casefold(): (task_id, score) for task_id, score in scores.items()}
    for key in sorted(claimed.keys() | ours.keys()):
        task_id, score = ours.get(key, (key, None))
        yield from _compare_task(task_id, claimed.get(key), score)
    yield from _compare_sum(report)


def _compare_task(task_id: str, claimed: float | None, score: TaskScore | None) -> Iterator[Disagreement]:
    figure = f"results.json {task_id}"
    if score is None:
        message = "results.json has a score of this task, and no usable file answers it"
        yield Disagreement("stale_report", figure, claimed, None, message)
        return
    computed = float(Fraction(score.pairs_solved, score.pairs_total))
    if claimed is None:
        yield Disagreement("incomplete_report", figure, None, computed, "results.json leaves this task out")
    elif claimed != computed:
        name, why = _reason(claimed, computed, score)
        message = f"results.json says {claimed}, the file scores {computed}: {why}"
        yield Disagreement(name, figure, claimed, computed, message)


def _reason(claimed: float, computed: float, score: TaskScore) -> tuple[Name, str]:
    pairs = score.pairs_total
    reasons: list[tuple[bool, Name, str]] = [
        (_is_rounded(claimed, computed), "rounding", "a rounded number"),
        (
            score.duplicate_answers > 0 and claimed > computed,
            "duplicate_answer",
            "the official scorer counts a pair twice that is answered twice",
        ),
        (score.phantom_pairs > 0, "phantom_pair", "it has entries for pairs that the task does not have"),
        (
            not (claimed * pairs).is_integer(),
            "task_set_mismatch",
            f"that is no multiple of 1/{pairs}: it was scored over other pairs",
        ),
        (score.null_attempts > 0, "null_attempts", "attempts are null, and may not have been so"),
        (
            score.without_index and pairs > 1,
            "missing_pair_index",
            "without pair_index the official scorer compares every entry with the first pair",
        ),
    ]
    different: tuple[Name, str] = ("different_report", "the report is older than the file, or of another scorer")
    return next(((name, why) for holds, name, why in reasons if holds), different)


def _compare_sum(report: Report) -> Iterator[Disagreement]:
    if report.total is None:
        return
    added = float(sum(map(Fraction, report.tasks.values()), Fraction()))
    if added != report.total:
        message = f"results.json says {report.total} in all, its own tasks add up to {added}"
        name: Name = "rounding" if _is_rounded(report.total, added) else "contradictory_report"
        yield Disagreement(name, "results.json score", report.total, added, message)


def _is_rounded(claimed: float, computed: float) -> bool:
    return math.isclose(claimed, computed, rel_tol=_ROUNDING, abs_tol=_ROUNDING)


def _score_in(value: Any) -> Any:
    """Return a task's score: until February 2025 a task had nothing else."""
    return value.get("score") if isinstance(value, dict) else value


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) <= _HIGHEST else None
