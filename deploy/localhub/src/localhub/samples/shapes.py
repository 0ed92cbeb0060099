"""Connected shapes in a grid, and solvers that choose among them, cut them out or colour them."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from common.arc_tasks import Grid, Pair

from localhub.samples.colours import same_size
from localhub.samples.grids import (
    BACKGROUND,
    TURNS,
    bounds,
    cells,
    counts,
    cut,
    mirror_left_right,
    mirror_top_bottom,
    most_common,
)
from localhub.samples.solver import Rule, Solver

MOST_SHAPES = 40  # a grid with more is noise, and comparing them all takes long

Choice = Callable[[Sequence["Shape"]], "Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Connected cells that are not background, cut out of the grid."""

    grid: Grid
    points: frozenset[tuple[int, int]]
    top: int
    left: int


def background_of(grid: Grid) -> int:
    return BACKGROUND if any(BACKGROUND in row for row in grid) else most_common(grid)


def shapes(grid: Grid) -> list[Shape]:
    """Find the connected shapes, corners counting as connections; none where there are too many."""
    background = background_of(grid)
    left_over = {(y, x) for y, x, colour in cells(grid) if colour != background}
    found = []
    while left_over:
        points = _grow(left_over)
        top, left, height, width = bounds(points)
        found.append(Shape(cut(grid, top, left, height, width), frozenset(points), top, left))
        if len(found) > MOST_SHAPES:
            return []
    return sorted(found, key=lambda shape: (shape.top, shape.left, min(shape.points)))


def _grow(among: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Take one whole shape out of a set of cells."""
    start = among.pop()
    points, waiting = {start}, [start]
    while waiting:
        y, x = waiting.pop()
        for near in (
            *((y - 1, x - 1), (y - 1, x), (y - 1, x + 1), (y, x - 1)),
            *((y, x + 1), (y + 1, x - 1), (y + 1, x), (y + 1, x + 1)),
        ):
            if near in among:
                among.remove(near)
                points.add(near)
                waiting.append(near)
    return points


def _area(shape: Shape) -> int:
    return len(shape.grid) * len(shape.grid[0])


def _cells(shape: Shape) -> int:
    return len(shape.points)


def _colours(shape: Shape) -> int:
    return len(counts(shape.grid))


def _symmetry(shape: Shape) -> int:
    return (mirror_left_right(shape.grid) == shape.grid) + (mirror_top_bottom(shape.grid) == shape.grid)


def _top(shape: Shape) -> int:
    return shape.top


def _left(shape: Shape) -> int:
    return shape.left


def _is_square(shape: Shape) -> int:
    return len(shape.grid) == len(shape.grid[0])


def _holes(shape: Shape) -> int:
    return _area(shape) - _cells(shape)


MEASURES: tuple[Callable[[Shape], int], ...] = (_area, _cells, _colours, _symmetry, _top, _left, _is_square, _holes)


def choices() -> Iterator[Choice]:
    """Ways to choose one shape: the most or the least of something, the one seen most often, the odd one."""
    for measure in MEASURES:
        yield partial(max, key=measure)
        yield partial(min, key=measure)
    yield partial(_by_frequency, wanted=max)
    yield partial(_by_frequency, wanted=min)


def _by_frequency(found: Sequence[Shape], wanted: Callable[[Iterator[int]], int]) -> Shape:
    often = Counter(shape.grid for shape in found)
    frequency = wanted(iter(often.values()))
    return next(shape for shape in found if often[shape.grid] == frequency)


def learn_shape_choice(train: Sequence[Pair]) -> Rule | None:
    """Find by what the output was chosen among the shapes of the input, and how it was turned."""
    if any(_cell_count(pair.output) >= _cell_count(pair.input) for pair in train):
        return None
    found = [shapes(pair.input) for pair in train]
    if not all(found):
        return None
    for turn in TURNS.values():
        for choose in choices():
            if all(turn(choose(each).grid) == pair.output for each, pair in zip(found, train, strict=True)):
                return partial(_choose, choose=choose, turn=turn)
    return None


def _cell_count(grid: Grid) -> int:
    return len(grid) * len(grid[0])


def _choose(grid: Grid, choose: Choice, turn: Callable[[Grid], Grid]) -> Grid | None:
    found = shapes(grid)
    return turn(choose(found).grid) if found else None


def crop_to_drawing(grid: Grid, turn: Callable[[Grid], Grid] = TURNS["unchanged"]) -> Grid | None:
    """Cut away the margins of background."""
    background = background_of(grid)
    drawn = {(y, x) for y, x, colour in cells(grid) if colour != background}
    return turn(cut(grid, *bounds(drawn))) if drawn else None


def learn_crop(train: Sequence[Pair]) -> Rule | None:
    """Cut to the drawing, and turn it as the training pairs ask."""
    if any(_cell_count(pair.output) > _cell_count(pair.input) for pair in train):
        return None
    for turn in TURNS.values():
        rule = partial(crop_to_drawing, turn=turn)
        if all(rule(pair.input) == pair.output for pair in train):
            return rule
    return crop_to_drawing


def learn_shape_colours(train: Sequence[Pair]) -> Rule | None:
    """Find a property of shapes that tells which colour each of them gets."""
    if not same_size(train) or any(pair.input == pair.output for pair in train):
        return None
    found = [shapes(pair.input) for pair in train]
    for feature in _features():
        table = _colour_table(train, found, feature)
        if table:
            return partial(_colour, table=table, feature=feature)
    return None


Feature = Callable[[Shape, Sequence[Shape]], Hashable]


def _features() -> Iterator[Feature]:
    for measure in MEASURES:
        yield partial(_measured, measure=measure)
    for measure in MEASURES:
        yield partial(_rank, measure=measure)
        yield partial(_extreme, measure=measure)
    yield lambda shape, _among: tuple(row.translate(_DRAWN) for row in shape.grid)
    yield lambda shape, among: Counter(other.grid for other in among)[shape.grid]


_DRAWN = bytes(min(colour, 1) for colour in range(256))


def _measured(shape: Shape, _among: Sequence[Shape], measure: Callable[[Shape], int]) -> int:
    return measure(shape)


def _rank(shape: Shape, among: Sequence[Shape], measure: Callable[[Shape], int]) -> int:
    return sorted({measure(other) for other in among}).index(measure(shape))


def _extreme(shape: Shape, among: Sequence[Shape], measure: Callable[[Shape], int]) -> bool:
    return measure(shape) == max(map(measure, among))


def _colour_table(
    train: Sequence[Pair], found: Sequence[Sequence[Shape]], feature: Feature
) -> dict[Hashable, int] | None:
    table: dict[Hashable, int] = {}
    for pair, each in zip(train, found, strict=True):
        for shape in each:
            after = {pair.output[y][x] for y, x in shape.points}
            if len(after) != 1 or table.setdefault(feature(shape, each), *after) not in after:
                return None
    return table


def _colour(grid: Grid, table: dict[Hashable, int], feature: Feature) -> Grid | None:
    rows = [bytearray(row) for row in grid]
    found = shapes(grid)
    for shape in found:
        colour = table.get(feature(shape, found))
        if colour is None:
            return None
        for y, x in shape.points:
            rows[y][x] = colour
    return tuple(map(bytes, rows))


CROP = Solver("crop", learn_crop)
PICK_SHAPE = Solver("pick-shape", learn_shape_choice)
SHAPE_COLOURS = Solver("shape-colours", learn_shape_colours)
