"""Solvers that restore what is hidden or missing in a symmetric or a repeating picture."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product

from common.arc_tasks import Grid, Pair

from localhub.samples.colours import same_size
from localhub.samples.grids import bounds, cells, counts, cut, size
from localhub.samples.solver import Rule, Solver

Place = tuple[int, int]
Mirror = Callable[[int, int], Place]
LONGEST_PERIOD = 15
PASSES = 3  # an image may itself be hidden, and be restored from another one first


def _hidden_colours(train: Sequence[Pair]) -> list[int]:
    """List the colours that are gone from every output."""
    gone = [counts(pair.input).keys() - counts(pair.output).keys() for pair in train]
    return sorted(set.intersection(*gone)) if gone else []


def learn_symmetry(train: Sequence[Pair]) -> Rule | None:
    """Fill hidden cells from their mirror images, about whatever axes the rest of the picture has."""
    hidden = _hidden_colours(train)
    if not hidden:
        return None
    return partial(_restored if same_size(train) else _cut_restored, hidden=hidden[0])


def _restored(grid: Grid, hidden: int) -> Grid:
    return _restore(grid, hidden, _mirrors(grid, hidden))


def learn_period(train: Sequence[Pair]) -> Rule | None:
    """Continue a pattern that repeats, over the cells that hide it."""
    hidden = _hidden_colours(train)
    if not hidden or not same_size(train):
        return None
    return partial(_continue, hidden=hidden[0])


def _mirrors(grid: Grid, hidden: int) -> list[Mirror]:
    """Find the mirror images that agree wherever both sides can be seen."""
    height, width = size(grid)
    found: list[Mirror] = [partial(_up_down, total=total) for total in _axes(height)]
    found.extend(partial(_left_right, total=total) for total in _axes(width))
    if height == width:
        found.extend((_diagonal, partial(_other_diagonal, last=height - 1)))
    return [mirror for mirror in found if _agrees(grid, hidden, mirror)]


def _axes(length: int) -> range:
    # An axis near the middle: further out, too little of the picture has a mirror image to be sure.
    return range(length - 3, length + 3)


def _up_down(y: int, x: int, total: int) -> Place:
    return total - y, x


def _left_right(y: int, x: int, total: int) -> Place:
    return y, total - x


def _diagonal(y: int, x: int) -> Place:
    return x, y


def _other_diagonal(y: int, x: int, last: int) -> Place:
    return last - x, last - y


def _agrees(grid: Grid, hidden: int, mirror: Mirror) -> bool:
    height, width = size(grid)
    for y, x, colour in cells(grid):
        py, px = mirror(y, x)
        if 0 <= py < height and 0 <= px < width:
            image = grid[py][px]
            if image != colour and hidden not in {colour, image}:
                return False
    return True


def _restore(grid: Grid, hidden: int, mirrors: Sequence[Mirror]) -> Grid:
    rows = [bytearray(row) for row in grid]
    places = _places(grid, hidden)
    for _ in range(PASSES):
        for y, x in places:
            rows[y][x] = next(_seen_images(rows, hidden, (y, x), mirrors), rows[y][x])
    return tuple(map(bytes, rows))


def _places(grid: Grid, hidden: int) -> list[Place]:
    return [(y, x) for y, x, colour in cells(grid) if colour == hidden]


def _seen_images(rows: Sequence[bytearray], hidden: int, place: Place, mirrors: Sequence[Mirror]) -> Iterator[int]:
    for mirror in mirrors:
        y, x = mirror(*place)
        if 0 <= y < len(rows) and 0 <= x < len(rows[0]) and rows[y][x] != hidden:
            yield rows[y][x]


def _cut_restored(grid: Grid, hidden: int) -> Grid | None:
    places = _places(grid, hidden)
    return cut(_restored(grid, hidden), *bounds(set(places))) if places else None


def _continue(grid: Grid, hidden: int) -> Grid | None:
    """Use the smallest period, down and across together, that no two visible cells contradict."""
    height, width = size(grid)
    down, across = range(1, min(height, LONGEST_PERIOD)), range(1, min(width, LONGEST_PERIOD))
    for period in sorted(product(down, across), key=math.prod):
        if pattern := _pattern(grid, hidden, *period):
            return _repeat(grid, pattern, *period)
    return None


def _repeat(grid: Grid, pattern: dict[Place, int], down: int, across: int) -> Grid:
    return tuple(
        bytes(pattern.get((y % down, x % across), colour) for x, colour in enumerate(row)) for y, row in enumerate(grid)
    )


def _pattern(grid: Grid, hidden: int, down: int, across: int) -> dict[Place, int] | None:
    seen: dict[Place, int] = {}
    for y, x, colour in cells(grid):
        if colour != hidden and seen.setdefault((y % down, x % across), colour) != colour:
            return None
    return seen


SYMMETRY = Solver("symmetry", learn_symmetry)
PERIOD = Solver("period", learn_period)
