"""Solvers that lay equal parts of the grid over each other, or squeeze repeated lines out of it."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from common.arc_tasks import Grid, Pair

from localhub.samples.grids import BACKGROUND, cut, size, transpose
from localhub.samples.solver import Rule, Solver

MOST_PARTS = 5
Table = dict[tuple[int, ...], int]
Split = tuple[int, int]


def _splits() -> Iterator[Split]:
    """Count parts down and across."""
    for parts in range(2, MOST_PARTS + 1):
        yield parts, 1
        yield 1, parts
    yield 2, 2
    yield 3, 3


def parts_of(grid: Grid, split: Split) -> list[Grid]:
    """Split into equal parts, with or without a line between them; nothing where that cannot be done."""
    (height, width), (down, across) = size(grid), split
    tops, tall = _starts(height, down)
    lefts, wide = _starts(width, across)
    return [cut(grid, top, left, tall, wide) for top in tops for left in lefts]


def _starts(length: int, parts: int) -> tuple[list[int], int]:
    for line in (0, 1):
        step, rest = divmod(length + line, parts)
        if rest == 0 and step > line:
            return [part * step for part in range(parts)], step - line
    return [], 0


def learn_overlay(train: Sequence[Pair]) -> Rule | None:
    """Learn what equal parts give together, cell by cell."""
    for split in _splits():
        table = _overlay_table(train, split)
        if table is not None:
            return partial(_overlay, split=split, table=table)
    return None


def _overlay_table(train: Sequence[Pair], split: Split) -> Table | None:
    table: Table = {}
    for pair in train:
        parts = parts_of(pair.input, split)
        if not parts or size(parts[0]) != size(pair.output):
            return None
        stacked = zip(*(b"".join(part) for part in parts), strict=True)
        for seen, after in zip(stacked, b"".join(pair.output), strict=True):
            if table.setdefault(seen, after) != after:
                return None
    return table


def _overlay(grid: Grid, split: Split, table: Table) -> Grid | None:
    parts = parts_of(grid, split)
    if not parts:
        return None
    return tuple(
        bytes(table.get(seen, BACKGROUND) for seen in zip(*rows, strict=True)) for rows in zip(*parts, strict=True)
    )


def squeeze(grid: Grid) -> Grid:
    """Leave one of each run of equal rows and columns."""
    rows = tuple(row for row, _ in groupby(grid))
    return transpose(tuple(column for column, _ in groupby(transpose(rows))))


def learn_squeeze(train: Sequence[Pair]) -> Rule | None:
    if all(squeeze(pair.input) == pair.input for pair in train):
        return None
    return squeeze


OVERLAY = Solver("overlay", learn_overlay)
SQUEEZE = Solver("squeeze", learn_squeeze)
