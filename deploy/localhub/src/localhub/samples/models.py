"""The sample models: which solvers each of them tries, in which order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from localhub.samples.colours import COLOUR_MAP, FILL_ENCLOSED, GRAVITY, NEIGHBOURHOOD
from localhub.samples.geometry import ENLARGE, REDUCE, SELF_SIMILAR, TILE, TURNERS
from localhub.samples.guesses import EMPTY, MOST_COMMON_OUTPUT, NEAREST, RANDOM
from localhub.samples.parts import OVERLAY, SQUEEZE
from localhub.samples.patterns import PERIOD, SYMMETRY
from localhub.samples.shapes import CROP, PICK_SHAPE, SHAPE_COLOURS
from localhub.samples.solver import Solver

_GEOMETRY = (TILE, SELF_SIMILAR, ENLARGE, REDUCE, SQUEEZE)
_PICTURES = (SYMMETRY, PERIOD)
_PIECES = (OVERLAY, PICK_SHAPE, SHAPE_COLOURS, CROP)
_CELLS = (COLOUR_MAP, GRAVITY, FILL_ENCLOSED, NEIGHBOURHOOD)
# Guesses explain what they have seen by remembering it, so they come last.
_GUESSES = (MOST_COMMON_OUTPUT, NEAREST, EMPTY, RANDOM)
WITHOUT_GUESSING = (*_GEOMETRY, *TURNERS.values(), *_PIECES, *_PICTURES, *_CELLS)
EVERYTHING = (*WITHOUT_GUESSING, *_GUESSES)


@dataclass(frozen=True, slots=True)
class SampleModel:
    """A model folder, and the solvers behind it. Of rules that explain as much, the earlier solver's is chosen.

    `sure_only` leaves tasks out that no rule explains; `reasons` writes down what was tried; `as_text` answers in
    words, as language models do.
    """

    folder: str
    solvers: tuple[Solver, ...]
    started_at: datetime = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    sure_only: bool = False
    reasons: bool = False
    as_text: bool = False


MODELS = (
    SampleModel("baseline-random-2026-09-01", (RANDOM, EMPTY), datetime(2026, 9, 1, tzinfo=UTC)),
    SampleModel("baseline-nearest-2026-09-01", (NEAREST, MOST_COMMON_OUTPUT), datetime(2026, 9, 1, tzinfo=UTC)),
    SampleModel("baseline-mirror-2026-09-15", (TILE, *TURNERS.values()), datetime(2026, 9, 15, tzinfo=UTC)),
    SampleModel("baseline-resize-2026-09-15", (ENLARGE, REDUCE, SQUEEZE), datetime(2026, 9, 15, tzinfo=UTC)),
    SampleModel("baseline-shapes-2026-10-01", (*_PIECES[1:], EMPTY), datetime(2026, 10, 1, tzinfo=UTC)),
    SampleModel("baseline-cells-2026-10-01", _CELLS, datetime(2026, 10, 1, tzinfo=UTC)),
    SampleModel("baseline-symmetry-2026-10-12", _PICTURES, datetime(2026, 10, 12, tzinfo=UTC)),
    SampleModel("baseline-overlay-2026-10-12", (OVERLAY, SELF_SIMILAR), datetime(2026, 10, 12, tzinfo=UTC)),
    SampleModel("baseline-geometry-2-2026-11-02", (*_GEOMETRY, *TURNERS.values()), as_text=True),
    SampleModel("baseline-pictures-2-2026-11-02", (*_PICTURES, *_PIECES, EMPTY)),
    SampleModel("baseline-ensemble-1-thinking-low", (*_GEOMETRY, OVERLAY, NEAREST), reasons=True),
    SampleModel("baseline-ensemble-1-thinking-medium", (*_GEOMETRY, *_PIECES, *_GUESSES), reasons=True),
    SampleModel("baseline-ensemble-1-thinking-high", (*_GEOMETRY, *_PIECES, *_PICTURES, *_GUESSES), reasons=True),
    SampleModel("baseline-ensemble-2-careful", WITHOUT_GUESSING, sure_only=True),
    SampleModel("baseline-ensemble-2-thinking-max", EVERYTHING, reasons=True),
)
BY_FOLDER = {model.folder: model for model in MODELS}


def pairs_of_solvers() -> Iterator[SampleModel]:
    """Yield a small model for each two solvers, for a demo that goes on."""
    for one, other in combinations((*_GEOMETRY, *_PIECES[:2], *_PICTURES, *_CELLS), 2):
        yield SampleModel(f"baseline-{one.name}-with-{other.name}", (one, other), sure_only=True)
