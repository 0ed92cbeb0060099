"""A solver that makes the output of the whole input, turned and repeated."""

from collections.abc import Callable, Sequence
from functools import partial

from common.arc.task_sets import Grid, Pair

from localhub.samples.grids import Rule, cut, size

Turn = Callable[[Grid], Grid]


def mirror(grid: Grid) -> Grid:
    return tuple(row[::-1] for row in grid)


TURNS: tuple[Turn, ...] = (
    lambda grid: grid,
    mirror,
    lambda grid: grid[::-1],
    lambda grid: mirror(grid[::-1]),
    lambda grid: tuple(bytes(len(row)) for row in grid),  # an empty tile
)


def learn_tiles(train: Sequence[Pair]) -> Rule | None:
    """Find for each tile of the output a turn of the input that fits every pair."""
    shapes = {_times(pair) for pair in train}
    if len(shapes) != 1 or (shape := shapes.pop()) is None:
        return None
    found = [[_turn_at(train, row, column) for column in range(shape[1])] for row in range(shape[0])]
    turns = [[turn for turn in line if turn] for line in found]
    return partial(_joined, turns=turns) if turns == found else None


def _times(pair: Pair) -> tuple[int, int] | None:
    """Tell how many times the output is as high and as wide as the input; None if not whole times."""
    (height, width), (tall, wide) = size(pair.input), size(pair.output)
    return None if tall % height or wide % width else (tall // height, wide // width)


def _turn_at(train: Sequence[Pair], row: int, column: int) -> Turn | None:
    def fits(turn: Turn, pair: Pair) -> bool:
        height, width = size(pair.input)
        return turn(pair.input) == cut(pair.output, row * height, column * width, height, width)

    return next((turn for turn in TURNS if all(fits(turn, pair) for pair in train)), None)


def _joined(grid: Grid, turns: Sequence[Sequence[Turn]]) -> Grid:
    tiles = [[turn(grid) for turn in line] for line in turns]
    return tuple(b"".join(rows) for line in tiles for rows in zip(*line, strict=True))
