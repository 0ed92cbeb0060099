"""Grids (a tuple of rows, one byte per cell), and rules that make one of another."""

from collections.abc import Callable, Sequence

from common.arc.task_sets import Grid, Pair

Rule = Callable[[Grid], Grid | None]
"""Turns an input into an output; None where it does not apply."""

Solver = Callable[[Sequence[Pair]], Rule | None]
"""Learns a rule from training pairs; None where they do not suggest one."""


def size(grid: Grid) -> tuple[int, int]:
    return len(grid), len(grid[0])


def same_size(train: Sequence[Pair]) -> bool:
    return all(size(pair.input) == size(pair.output) for pair in train)


def cut(grid: Grid, top: int, left: int, height: int, width: int) -> Grid:
    return tuple(row[left : left + width] for row in grid[top : top + height])
