"""A solver that lays the halves of the grid over each other, whether or not there is a line between them."""

from collections.abc import Callable, Sequence
from functools import partial

from common.arc.task_sets import Grid, Pair

from localhub.samples.grids import Rule

Halves = Callable[[Grid], tuple[Grid, Grid]]
Table = dict[tuple[int, ...], int]


def learn_overlay(train: Sequence[Pair]) -> Rule | None:
    """Learn what two colours become together, if that is always the same."""
    for halves in (_top_and_bottom, _left_and_right):
        if table := _table(train, halves):
            return partial(_overlay, halves=halves, table=table)
    return None


def _table(train: Sequence[Pair], halves: Halves) -> Table | None:
    table: Table = {}
    for pair in train:
        one, other = halves(pair.input)
        if [*map(len, one)] != [*map(len, pair.output)]:
            return None
        for *both, after in zip(*map(b"".join, (one, other, pair.output)), strict=True):
            if table.setdefault(tuple(both), after) != after:
                return None
    return table


def _overlay(grid: Grid, halves: Halves, table: Table) -> Grid | None:
    rows = zip(*halves(grid), strict=True)
    return tuple(bytes(table.get(both, 0) for both in zip(*row, strict=True)) for row in rows) or None


def _top_and_bottom(grid: Grid) -> tuple[Grid, Grid]:
    return grid[: len(grid) // 2], grid[(len(grid) + 1) // 2 :]


def _left_and_right(grid: Grid) -> tuple[Grid, Grid]:
    width = len(grid[0])
    return tuple(row[: width // 2] for row in grid), tuple(row[(width + 1) // 2 :] for row in grid)
