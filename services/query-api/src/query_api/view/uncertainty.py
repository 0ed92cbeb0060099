"""How sure a score is: its interval, and whether two scores differ. Pure.

The tasks of a set are taken as a sample of all tasks of their kind. A score is a mean of task scores from 0 to 1, whose
variance is at most that of successes and failures with the same mean. So Wilson's interval for proportions, with one
trial for each task, covers at least as often as for proportions: 95% on average (docs/uncertainty.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import mul
from typing import Final

from query_api.schemas.base import Interval

CONFIDENCE: Final = 0.95
_Z: Final = 1.959963984540054  # of the normal distribution, two-sided at 95%
# Only between these may the exact test be on the other side of 5% than these bounds say: over random differences of 1
# to 400 tasks it rejected at 1.99 at the earliest, and did not at 2.24 at the latest.
_DOUBTFUL: Final = (1.9, 2.4)


def interval(score: float, tasks: float) -> Interval:
    """Return Wilson's 95% interval of a score over so many tasks (E. B. Wilson, 1927).

    >>> half = interval(0.5, 120)
    >>> round(half.low, 3), round(half.high, 3)
    (0.412, 0.588)
    """
    if tasks <= 0:
        return Interval(low=0.0, high=1.0)
    z2 = _Z * _Z / tasks
    center = score + z2 / 2
    half = math.sqrt(max(0.0, score * (1 - score)) * z2 + z2 * z2 / 4)
    return Interval(low=max(0.0, (center - half) / (1 + z2)), high=min(1.0, (center + half) / (1 + z2)))


def p_value(first: Sequence[int], second: Sequence[int]) -> float:
    """Return how probable so large a difference of two models is by chance, over the tasks that both answer.

    The exact paired test that flips signs: were both equally good, each task's difference could as well be the other's.
    Where tasks have one pair it is McNemar's exact test. Points are given task by task, in the same order and unit.
    """
    differences = [a - b for a, b in zip(first, second, strict=True) if a != b]
    if not differences:
        return 1.0
    step = math.gcd(*differences)
    return _sign_flips([each // step for each in differences])


def _sign_flips(differences: Sequence[int]) -> float:
    """Return the part of all choices of signs whose sum is at least as far from 0.

    Sums of all subsets are counted at once: one integer holds the count of each sum, as digits that cannot overflow.
    """
    width = len(differences) + 1
    counts = 1
    for each in differences:
        counts += counts << (abs(each) * width)
    total = sum(map(abs, differences))
    # A choice of signs whose positive ones add up to s has the sum 2 s - total.
    most = (total - abs(sum(differences))) // 2
    tail = sum(counts >> (place * width) & ((1 << width) - 1) for place in range(most + 1))
    return min(1.0, 2 * tail / (1 << len(differences)))


@dataclass(frozen=True)
class Sample:
    """One model's points, task by task in the set's order, all in one unit; a task without an answer has 0."""

    points: Sequence[int]

    @cached_property
    def total(self) -> int:
        """The sum of the points."""
        return sum(self.points)

    @cached_property
    def squares(self) -> int:
        """The sum of their squares."""
        return sum(map(mul, self.points, self.points))

    def differs_from(self, other: "Sample") -> bool:
        """Tell whether two models differ at 5%: as `p_value` says, which is only asked where it is not obvious."""
        variance = self.squares + other.squares - 2 * sum(map(mul, self.points, other.points))
        z = abs(self.total - other.total) / math.sqrt(variance) if variance else 0.0
        if not _DOUBTFUL[0] <= z <= _DOUBTFUL[1]:
            return z > _DOUBTFUL[1]
        return p_value(self.points, other.points) < 1 - CONFIDENCE
