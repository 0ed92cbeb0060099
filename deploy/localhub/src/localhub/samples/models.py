"""The sample models: which solvers each of them tries, in which order."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

LEARNED = ("tiles", "overlay", "symmetry")
# Guesses explain what they have seen by remembering it, so they come last.
GUESSED = ("most-common-output", "nearest", "one-colour")
EVERYTHING = (*LEARNED, *GUESSED)


@dataclass(frozen=True, slots=True)
class SampleModel:
    """A model folder, and the solvers behind it. Of rules that explain as much, the earlier solver's is chosen.

    `sure_only` leaves tasks out that no rule explains; `reasons` writes down what was tried; `as_text` answers in
    words, as language models do.
    """

    folder: str
    solvers: tuple[str, ...]
    started_at: datetime = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    sure_only: bool = False
    reasons: bool = False
    as_text: bool = False


MODELS = (
    SampleModel("baseline-one-colour-2026-09-01", ("one-colour",), datetime(2026, 9, 1, tzinfo=UTC)),
    SampleModel("baseline-nearest-2026-09-01", GUESSED[:2], datetime(2026, 9, 1, tzinfo=UTC)),
    SampleModel("baseline-guesses-2026-09-15", GUESSED, datetime(2026, 9, 15, tzinfo=UTC)),
    SampleModel("baseline-tiles-2026-09-15", ("tiles",), datetime(2026, 9, 15, tzinfo=UTC)),
    SampleModel("baseline-symmetry-2026-10-12", ("symmetry",), datetime(2026, 10, 12, tzinfo=UTC)),
    SampleModel("baseline-overlay-2026-10-12", ("overlay",), datetime(2026, 10, 12, tzinfo=UTC)),
    SampleModel("baseline-tiles-2-2026-11-02", ("tiles", "symmetry"), as_text=True),
    SampleModel("baseline-ensemble-1-thinking-low", ("tiles", "overlay"), reasons=True),
    SampleModel("baseline-ensemble-1-thinking-medium", ("tiles", "overlay", "nearest"), reasons=True),
    SampleModel("baseline-ensemble-1-thinking-high", ("tiles", "overlay", *GUESSED), reasons=True),
    SampleModel("baseline-ensemble-2-careful", LEARNED, sure_only=True),
    SampleModel("baseline-ensemble-2-thinking-max", EVERYTHING, reasons=True),
)
# For a demo that goes on: a model for each choice of several solvers.
SMALL_MODELS = tuple(
    SampleModel(f"baseline-{'-with-'.join(solvers)}", solvers, sure_only=True)
    for count in range(2, len(EVERYTHING))
    for solvers in combinations(EVERYTHING, count)
)
