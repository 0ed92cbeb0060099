"""Solvers that turn, repeat and resize the whole grid."""

from collections.abc import Callable, Sequence
from functools import partial

from common.arc_tasks import Grid, Pair

from localhub.samples.grids import TURNS, beside, counts, cut, enlarge, filled, most_common, size
from localhub.samples.solver import Rule, Solver

BLANK = "blank"


def _always(turn: Rule) -> Callable[[Sequence[Pair]], Rule]:
    return lambda _train: turn


TURNERS = {name: Solver(name, _always(turn)) for name, turn in TURNS.items()}


def _factors(pair: Pair) -> tuple[int, int] | None:
    """Tell how many times the output is as high and as wide as the input; None if not whole times."""
    (height, width), (tall, wide) = size(pair.input), size(pair.output)
    return None if tall % height or wide % width else (tall // height, wide // width)


def learn_tiles(train: Sequence[Pair]) -> Rule | None:
    """Find for each tile of the output a turn of the input that fits every pair."""
    shapes = {_factors(pair) for pair in train}
    if len(shapes) != 1 or (shape := shapes.pop()) is None or shape == (1, 1):
        return None
    turns: list[list[str]] = []
    for row in range(shape[0]):
        found = [_turn_at(train, row, column) for column in range(shape[1])]
        if None in found:
            return None
        turns.append([turn for turn in found if turn])
    return lambda grid: _assemble(grid, turns)


def _turn_at(train: Sequence[Pair], row: int, column: int) -> str | None:
    for name in (*TURNS, BLANK):
        if all(_turned(pair.input, name) == _tile(pair, row, column) for pair in train):
            return name
    return None


def _tile(pair: Pair, row: int, column: int) -> Grid:
    height, width = size(pair.input)
    return cut(pair.output, row * height, column * width, height, width)


def _turned(grid: Grid, name: str) -> Grid:
    return filled(size(grid), 0) if name == BLANK else TURNS[name](grid)


def _assemble(grid: Grid, turns: Sequence[Sequence[str]]) -> Grid | None:
    done: list[bytes] = []
    for row in turns:
        line = tuple(b"" for _ in grid)
        for name in row:
            tile = _turned(grid, name)
            if len(tile) != len(line):
                return None
            line = beside(line, tile)
        done.extend(line)
    return tuple(done)


def learn_enlargement(train: Sequence[Pair]) -> Rule | None:
    """Every cell becomes a block: of a fixed size, or as wide as the grid has colours."""
    factors = [shape[0] for pair in train if (shape := _factors(pair)) and shape[0] == shape[1]]
    if len(factors) < len(train):
        return None
    if len(set(factors)) == 1 and factors[0] > 1:
        return lambda grid: enlarge(grid, factors[0])
    if factors == [len(counts(pair.input)) for pair in train]:
        return lambda grid: enlarge(grid, len(counts(grid)))
    if factors == [_drawn(pair.input) for pair in train]:
        return lambda grid: enlarge(grid, _drawn(grid))
    return None


def _drawn(grid: Grid) -> int:
    return len(counts(grid).keys() - {0})


def learn_reduction(train: Sequence[Pair]) -> Rule | None:
    """Every block becomes one cell."""
    shapes = {_factors(Pair(pair.output, pair.input)) for pair in train}
    if len(shapes) != 1 or (shape := shapes.pop()) is None or shape == (1, 1):
        return None
    return lambda grid: tuple(row[:: shape[1]] for row in grid[:: shape[0]])


def learn_self_similarity(train: Sequence[Pair]) -> Rule | None:
    """Put a copy of the grid wherever it has a certain kind of cell, and nothing elsewhere."""
    if any(_factors(pair) != size(pair.input) for pair in train):
        return None
    choices: dict[str, Callable[[Grid, int], bool]] = {
        "drawn": lambda _grid, colour: colour != 0,
        "empty": lambda _grid, colour: colour == 0,
        "most common": lambda grid, colour: colour == most_common(grid),
        "rarest": lambda grid, colour: counts(grid)[colour] == min(counts(grid).values()),
    }
    for chosen in choices.values():
        if all(_fractal(pair.input, chosen) == pair.output for pair in train):
            return partial(_fractal, chosen=chosen)
    return None


def _fractal(grid: Grid, chosen: Callable[[Grid, int], bool]) -> Grid:
    blank = filled(size(grid), 0)
    done: list[bytes] = []
    for row in grid:
        line = tuple(b"" for _ in grid)
        for colour in row:
            line = beside(line, grid if chosen(grid, colour) else blank)
        done.extend(line)
    return tuple(done)


TILE = Solver("tile", learn_tiles)
ENLARGE = Solver("enlarge", learn_enlargement)
REDUCE = Solver("reduce", learn_reduction)
SELF_SIMILAR = Solver("self-similar", learn_self_similarity)
