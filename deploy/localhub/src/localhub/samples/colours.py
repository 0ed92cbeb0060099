"""Solvers that leave the shape of the grid and change its colours."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from common.arc_tasks import Grid, Pair

from localhub.samples.grids import BACKGROUND, cells, size, transpose
from localhub.samples.solver import Rule, Solver

OUTSIDE = 15  # no colour: beyond the edge of the grid
View = Callable[[Grid], Sequence[Hashable]]


def same_size(train: Sequence[Pair]) -> bool:
    return all(size(pair.input) == size(pair.output) for pair in train)


def learn_colour_map(train: Sequence[Pair]) -> Rule | None:
    """Every colour becomes the colour that it became in the training pairs."""
    if not same_size(train):
        return None
    table: dict[int, int] = {}
    for pair in train:
        for before, after in zip(b"".join(pair.input), b"".join(pair.output), strict=True):
            if table.setdefault(before, after) != after:
                return None
    translation = bytes(table.get(colour, colour) for colour in range(256))
    return lambda grid: tuple(row.translate(translation) for row in grid)


def learn_neighbourhood(train: Sequence[Pair]) -> Rule | None:
    """Look each cell up by what is around it, as little of that as tells the outputs apart."""
    if not same_size(train):
        return None
    for view in (_parity, _cross, _square, _lines):
        table = _lookup(train, view)
        if table is not None:
            return partial(_look_up, view=view, table=table)
    return None


def _lookup(train: Sequence[Pair], view: View) -> dict[Hashable, int] | None:
    table: dict[Hashable, int] = {}
    for pair in train:
        for seen, after in zip(view(pair.input), b"".join(pair.output), strict=True):
            if table.setdefault(seen, after) != after:
                return None
    return table


def _look_up(grid: Grid, view: View, table: dict[Hashable, int]) -> Grid:
    flat = zip(view(grid), b"".join(grid), strict=True)
    width = size(grid)[1]
    found = bytes(table.get(seen, colour) for seen, colour in flat)  # what was never seen stays
    return tuple(found[start : start + width] for start in range(0, len(found), width))


def _square(grid: Grid) -> list[bytes]:
    """See each cell with the eight around it."""
    outside = bytes([OUTSIDE])
    line = outside * (len(grid[0]) + 2)
    padded = [line, *(outside + row + outside for row in grid), line]
    return [
        above[x : x + 3] + row[x : x + 3] + below[x : x + 3]
        for above, row, below in zip(padded, padded[1:], padded[2:], strict=False)
        for x in range(len(grid[0]))
    ]


def _cross(grid: Grid) -> list[tuple[int, Hashable]]:
    """See each cell with the four beside it, whichever side they are on."""
    return [(seen[4], tuple(sorted(seen[1::2]))) for seen in _square(grid)]


def _parity(grid: Grid) -> list[tuple[int, int, int]]:
    """See each cell and whether its row and column are even."""
    return [(colour, y % 2, x % 2) for y, x, colour in cells(grid)]


def _lines(grid: Grid) -> list[Hashable]:
    """See each cell with the colours of its row and its column."""
    rows = [frozenset(row) for row in grid]
    columns = [frozenset(column) for column in transpose(grid)]
    return [(colour, rows[y], columns[x]) for y, x, colour in cells(grid)]


def learn_gravity(train: Sequence[Pair]) -> Rule | None:
    """Coloured cells fall to one side."""
    if not same_size(train):
        return None
    for rule in (_fall_right, _fall_left, _fall_down, _fall_up):
        if all(rule(pair.input) == pair.output for pair in train):
            return rule
    return _fall_down


def _fall_right(grid: Grid) -> Grid:
    return tuple(bytes(sorted(row, key=bool)) for row in grid)


def _fall_left(grid: Grid) -> Grid:
    return tuple(bytes(sorted(row, key=lambda colour: colour == 0)) for row in grid)


def _fall_down(grid: Grid) -> Grid:
    return transpose(_fall_right(transpose(grid)))


def _fall_up(grid: Grid) -> Grid:
    return transpose(_fall_left(transpose(grid)))


def learn_enclosed_fill(train: Sequence[Pair]) -> Rule | None:
    """Fill empty cells that cannot reach the border with the colour that the training pairs filled in."""
    if not same_size(train):
        return None
    new = {
        after
        for pair in train
        for before, after in zip(b"".join(pair.input), b"".join(pair.output), strict=True)
        if before != after
    }
    if len(new) != 1:
        return None
    colour = new.pop()
    return lambda grid: _fill_enclosed(grid, colour)


def _fill_enclosed(grid: Grid, colour: int) -> Grid:
    height, width = size(grid)
    border = [(y, x) for y in range(height) for x in range(width) if y in {0, height - 1} or x in {0, width - 1}]
    open_cells = _reachable(grid, [(y, x) for y, x in border if grid[y][x] == BACKGROUND])
    return tuple(
        bytes(colour if cell == BACKGROUND and (y, x) not in open_cells else cell for x, cell in enumerate(row))
        for y, row in enumerate(grid)
    )


def _reachable(grid: Grid, starts: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    height, width = size(grid)
    seen, waiting = set(starts), list(starts)
    while waiting:
        y, x = waiting.pop()
        for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            inside = 0 <= near[0] < height and 0 <= near[1] < width
            if inside and near not in seen and grid[near[0]][near[1]] == BACKGROUND:
                seen.add(near)
                waiting.append(near)
    return seen


COLOUR_MAP = Solver("colour-map", learn_colour_map)
NEIGHBOURHOOD = Solver("neighbourhood", learn_neighbourhood)
GRAVITY = Solver("gravity", learn_gravity)
FILL_ENCLOSED = Solver("fill-enclosed", learn_enclosed_fill)
