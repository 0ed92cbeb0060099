"""Names of the files that answer tasks, in any letter case."""

from pathlib import PurePosixPath

# One object for all tasks: that of Kaggle's competition, and the official harness' of 2024, one of them misspelt.
_WHOLE_SUBMISSIONS = frozenset({"submission", "attempts", "attemps"})


def is_json(path: str) -> bool:
    """Tell whether a file is called like JSON."""
    return PurePosixPath(path).suffix.casefold() == ".json"


def stem_of(path: str) -> str:
    """Return a file's name without its ending, for comparison: in lower case.

    >>> stem_of("v2/public_eval/0A1B2C3D.JSON")
    '0a1b2c3d'
    """
    return PurePosixPath(path).stem.casefold()


def is_whole_submission(path: str) -> bool:
    """Tell whether a file is called like one that answers all tasks."""
    return stem_of(path) in _WHOLE_SUBMISSIONS
