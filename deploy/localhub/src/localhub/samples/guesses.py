"""Solvers that guess: the output seen most often, that of the most similar input, or one colour alone."""

from collections import Counter
from collections.abc import Sequence

from common.arc.task_sets import Grid, Pair

from localhub.samples.grids import Rule, same_size, size


def learn_most_common_output(train: Sequence[Pair]) -> Rule:
    output = Counter(pair.output for pair in train).most_common(1)[0][0]
    return lambda _grid: output


def learn_nearest(train: Sequence[Pair]) -> Rule:
    """Answer with the output of the training input that shares most cells with the test's."""
    return lambda grid: max(train, key=lambda pair: _shared(pair.input, grid)).output


def _shared(one: Grid, other: Grid) -> int:
    return sum(a == b for row, opposite in zip(one, other, strict=False) for a, b in zip(row, opposite, strict=False))


def learn_one_colour(train: Sequence[Pair]) -> Rule:
    """Answer with the commonest colour everywhere, in the size that the training pairs suggest."""
    colour = Counter(b"".join(train[0].output)).most_common(1)[0][0]

    def rule(grid: Grid) -> Grid:
        height, width = size(grid) if same_size(train) else size(train[0].output)
        return (bytes([colour]) * width,) * height

    return rule
