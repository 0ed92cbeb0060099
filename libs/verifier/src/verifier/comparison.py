"""Compares what is claimed of a submission with what was computed independently; each disagreement has a name."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from verifier.figures import Figures

Name = Literal[
    "task_set_mismatch",
    "older_rules",
    "rewritten_upstream",
    "unread_file",
    "incomplete_report",
    "stale_report",
    "contradictory_report",
    "different_report",
    "null_attempts",
    "phantom_pair",
    "duplicate_answer",
    "missing_pair_index",
    "rounding",
    "missing_task",
    "unknown_task",
    "wrong_verdict",
    "wrong_score",
    "wrong_figure",
]
"""What is behind a disagreement: docs/verification.md says it of each."""

UNEXPLAINED: frozenset[Name] = frozenset(
    {"missing_task", "unknown_task", "wrong_verdict", "wrong_score", "wrong_figure"}
)
"""Those that nothing explains, and so are faults."""

Verdict = Literal["verified", "explained", "differs"]


class Disagreement(NamedTuple):
    """One figure that differs. `figure` names it: a column, or a task id and what of it."""

    name: Name
    figure: str
    ours: Any
    theirs: Any
    message: str
    """In which `ours` is what arcwatch, or a report, says, and `theirs` what was computed."""


_WHOLE = (
    "tasks_total",
    "tasks_submitted",
    "tasks_solved",
    "pairs_total",
    "pairs_solved",
    "score",
    "score_submitted",
)
_SUMS = ("total_cost", "total_tokens", "total_time_ms")


def compare(claimed: Figures, computed: Figures) -> list[Disagreement]:
    """Compare every figure to the last digit; an empty list means that all of them agree."""
    found = [*_tasks(claimed, computed), *_attempts(claimed, computed)]
    for figure in (*_WHOLE, *_SUMS):
        ours, theirs = getattr(claimed, figure), getattr(computed, figure)
        if ours != theirs:
            name: Name = "wrong_score" if figure in _WHOLE else "wrong_figure"
            found.append(Disagreement(name, figure, ours, theirs, f"{figure} is {ours}, recomputed {theirs}"))
    return found


def verdict_of(disagreements: Iterable[Disagreement]) -> Verdict:
    """Return what the disagreements come to."""
    names = {each.name for each in disagreements}
    if names & UNEXPLAINED:
        return "differs"
    return "explained" if names else "verified"


def explain(found: Iterable[Disagreement], name: Name, why: str) -> list[Disagreement]:
    """Give those that nothing explained so far this explanation. A wrong verdict on a stored grid has none."""
    excused = UNEXPLAINED - {"wrong_verdict"}
    return [
        each._replace(name=name, message=f"{each.message}; {why}") if each.name in excused else each for each in found
    ]


def count_figures(claimed: Figures) -> int:
    """Return how many figures `compare` compares."""
    return len(_WHOLE) + len(_SUMS) + 2 * len(claimed.tasks) + 3 * len(claimed.attempts)


def _tasks(claimed: Figures, computed: Figures) -> Iterator[Disagreement]:
    for task_id in sorted(claimed.tasks.keys() | computed.tasks.keys()):
        ours, theirs = claimed.tasks.get(task_id), computed.tasks.get(task_id)
        if ours == theirs:
            continue
        if theirs is None:
            yield Disagreement("unknown_task", task_id, ours, None, "scored, and not answered by any file")
        elif ours is None:
            yield Disagreement("missing_task", task_id, None, theirs, "answered by a file, and not scored")
        elif ours[1] != theirs[1]:
            message = f"scored over {ours[1]} pairs, the task set has {theirs[1]}"
            yield Disagreement("task_set_mismatch", task_id, ours, theirs, message)
        else:
            message = f"{ours[0]} of {ours[1]} pairs solved, recomputed {theirs[0]}"
            yield Disagreement("wrong_score", task_id, ours, theirs, message)


def _attempts(claimed: Figures, computed: Figures) -> Iterator[Disagreement]:
    for number in sorted(claimed.attempts.keys() | computed.attempts.keys()):
        ours, theirs = claimed.attempts.get(number), computed.attempts.get(number)
        if ours != theirs:
            figure = f"attempt_{number}"
            yield Disagreement("wrong_figure", figure, ours, theirs, f"{figure} is {ours}, recomputed {theirs}")
