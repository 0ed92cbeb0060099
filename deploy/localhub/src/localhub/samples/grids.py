"""Grids, turned, cut and counted. A grid is a tuple of rows, one byte per cell."""

from collections import Counter
from collections.abc import Callable, Iterator

from common.arc_tasks import Grid

BACKGROUND = 0
Size = tuple[int, int]
Turn = Callable[[Grid], Grid]


def size(grid: Grid) -> Size:
    return len(grid), len(grid[0])


def unchanged(grid: Grid) -> Grid:
    return grid


def mirror_left_right(grid: Grid) -> Grid:
    return tuple(row[::-1] for row in grid)


def mirror_top_bottom(grid: Grid) -> Grid:
    return grid[::-1]


def transpose(grid: Grid) -> Grid:
    return tuple(map(bytes, zip(*grid, strict=True)))


def rotate_half(grid: Grid) -> Grid:
    return tuple(row[::-1] for row in grid[::-1])


def rotate_right(grid: Grid) -> Grid:
    return transpose(grid[::-1])


def rotate_left(grid: Grid) -> Grid:
    return transpose(grid)[::-1]


def transpose_back(grid: Grid) -> Grid:
    return transpose(rotate_half(grid))


TURNS: dict[str, Turn] = {
    "unchanged": unchanged,
    "mirror-left-right": mirror_left_right,
    "mirror-top-bottom": mirror_top_bottom,
    "rotate-half": rotate_half,
    "rotate-right": rotate_right,
    "rotate-left": rotate_left,
    "transpose": transpose,
    "transpose-back": transpose_back,
}


def cut(grid: Grid, top: int, left: int, height: int, width: int) -> Grid:
    return tuple(row[left : left + width] for row in grid[top : top + height])


def beside(left: Grid, right: Grid) -> Grid:
    return tuple(one + other for one, other in zip(left, right, strict=True))


def enlarge(grid: Grid, factor: int) -> Grid:
    rows = (bytes(cell for cell in row for _ in range(factor)) for row in grid)
    return tuple(row for row in rows for _ in range(factor))


def filled(shape: Size, colour: int) -> Grid:
    return (bytes([colour]) * shape[1],) * shape[0]


def counts(grid: Grid) -> Counter[int]:
    return Counter(b"".join(grid))


def most_common(grid: Grid) -> int:
    """Find the colour of most cells; of two as frequent, the lower."""
    return min(counts(grid).items(), key=lambda item: (-item[1], item[0]))[0]


def cells(grid: Grid) -> Iterator[tuple[int, int, int]]:
    for y, row in enumerate(grid):
        for x, colour in enumerate(row):
            yield y, x, colour


def bounds(points: set[tuple[int, int]]) -> tuple[int, int, int, int]:
    """Find the smallest rectangle around some cells, as (top, left, height, width)."""
    rows, columns = [y for y, _ in points], [x for _, x in points]
    top, left = min(rows), min(columns)
    return top, left, max(rows) - top + 1, max(columns) - left + 1
