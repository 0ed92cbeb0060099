"""A solver that restores what one colour hides in a symmetric picture."""

from collections.abc import Sequence
from functools import partial

from common.arc.task_sets import Grid, Pair

from localhub.samples.grids import Rule, cut, same_size, size

Place = tuple[int, int]
_OFF_CENTRE = 3  # further out, too little of the picture has a mirror image to be sure of an axis


def learn_symmetry(train: Sequence[Pair]) -> Rule | None:
    """Fill the cells of a colour that no output has; outputs that are smaller are the part that it hid."""
    gone = (set(b"".join(pair.input)) - set(b"".join(pair.output)) for pair in train)
    hidden = min(set.intersection(*gone), default=None)
    if hidden is None:
        return None
    return partial(_restored if same_size(train) else _hidden_part, hidden=hidden)


def _restored(grid: Grid, hidden: int) -> Grid:
    """Fill hidden cells from their mirror images, about whatever axes the rest of the picture has."""
    cells = {(y, x): colour for y, row in enumerate(grid) for x, colour in enumerate(row)}
    seen = {place: colour for place, colour in cells.items() if colour != hidden}
    axes = [(across, size(grid)[across] + off) for across in (0, 1) for off in range(-_OFF_CENTRE, _OFF_CENTRE)]
    agreeing = [
        axis for axis in axes if all(seen.get(_image(at, *axis), colour) == colour for at, colour in seen.items())
    ]
    for place in cells.keys() - seen.keys():
        images = (_image(place, *axis) for axis in agreeing)
        cells[place] = next((seen[image] for image in images if image in seen), hidden)
    return tuple(bytes(cells[y, x] for x in range(len(row))) for y, row in enumerate(grid))


def _image(place: Place, across: int, total: int) -> Place:
    y, x = place
    return (y, total - x) if across else (total - y, x)


def _hidden_part(grid: Grid, hidden: int) -> Grid | None:
    rows = [y for y, row in enumerate(grid) if hidden in row]
    columns = [x for x in range(len(grid[0])) if any(row[x] == hidden for row in grid)]
    if not rows:
        return None
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    return cut(_restored(grid, hidden), rows[0], columns[0], height, width)
