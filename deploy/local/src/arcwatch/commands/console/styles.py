"""Which words have which colour: the same word looks the same in every table. They read on dark and on light."""

BOLD, DIM, RED, GREEN, YELLOW, CYAN = 1, 2, 31, 32, 33, 36

_WORDS = {
    "failed": RED,
    "error": RED,
    "problem": RED,
    "differs": RED,
    "impossible": RED,
    "partial": YELLOW,
    "warning": YELLOW,
    "busy": YELLOW,
    "not verified": YELLOW,
    "vanished": YELLOW,
    "completed": GREEN,
    "complete": GREEN,
    "ok": GREEN,
    "verified": GREEN,
    "explained": GREEN,
    "new": GREEN,
    "running": CYAN,
    "changed": CYAN,
    "skipped": DIM,
    "note": DIM,
}
# Only in these does a word say how something is: a folder may be called "failed".
_COLUMNS = frozenset({"status", "severity", "verdict", "outcome", "state"})


def style_of(column: str, word: str) -> int | None:
    """Return the style of a cell's word; None: as other text."""
    return _WORDS.get(word.lower()) if column in _COLUMNS else None
