"""Solvers that guess: the output seen most often, that of the most similar input, or anything at all."""

import random
import zlib
from collections import Counter
from collections.abc import Sequence

from common.arc_tasks import Grid, Pair

from localhub.samples.colours import same_size
from localhub.samples.grids import Size, counts, filled, most_common, size
from localhub.samples.solver import Rule, Solver


def learn_most_common_output(train: Sequence[Pair]) -> Rule | None:
    output = Counter(pair.output for pair in train).most_common(1)[0][0]
    return lambda _grid: output


def learn_nearest(train: Sequence[Pair]) -> Rule | None:
    """Answer with the output of the training input that shares most cells with the test's."""

    def nearest(grid: Grid) -> Grid:
        return max(train, key=lambda pair: _shared(pair.input, grid)).output

    return nearest


def _shared(one: Grid, other: Grid) -> int:
    return sum(a == b for row, opposite in zip(one, other, strict=False) for a, b in zip(row, opposite, strict=False))


def learn_background(train: Sequence[Pair]) -> Rule | None:
    """Answer with an empty grid of the right size, if the size can be told."""
    colour = most_common(train[0].output)
    return lambda grid: filled(_expected_size(train, grid), colour)


def learn_random(train: Sequence[Pair]) -> Rule | None:
    """Draw each cell among the colours of the outputs, the same way for the same task every time."""
    colours = sorted(set().union(*(counts(pair.output) for pair in train)))

    def draw(grid: Grid) -> Grid:
        seed = zlib.crc32(b"|".join((*train[0].input, *grid)))
        dice = random.Random(seed)  # noqa: S311 - a guess, not a secret
        height, width = _expected_size(train, grid)
        return tuple(bytes(dice.choices(colours, k=width)) for _ in range(height))

    return draw


def _expected_size(train: Sequence[Pair], grid: Grid) -> Size:
    return size(grid) if same_size(train) else size(train[0].output)


MOST_COMMON_OUTPUT = Solver("most-common-output", learn_most_common_output)
NEAREST = Solver("nearest", learn_nearest)
EMPTY = Solver("background", learn_background)
RANDOM = Solver("random", learn_random)
