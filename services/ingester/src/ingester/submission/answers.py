"""Reads an answer: a grid, or text that holds one."""

import json
from typing import Any

from ingester.submission.coercion import Rows, as_rows

_BOXED = "\\boxed{"
_DEPTH_OF_A_GRID = 2
# ARC's grids have at most 30 rows; what has more than this is no grid, and is not worth 1.6 s and 220 MB for 4 MB.
_MOST_ROWS = 1_000
_MOST_BRACKETS = 2 * (_MOST_ROWS + 1)


def read_answer(raw: Any) -> Rows | None:
    """Return the integers of an answer, None where there is no grid; nothing is said yet about its shape or truth."""
    found = rows_in_text(raw) if isinstance(raw, str) else raw
    return as_rows(found) if isinstance(found, list) and len(found) <= _MOST_ROWS else None


def rows_in_text(text: str) -> list[list[Any]] | None:
    r"""Find a grid in text as the official scorer does: in the first \boxed{}, else in the last bracketed list."""
    rows = _rows(_boxed(text))
    return rows if rows is not None else (_rows(_last_list(text)) or None)


def _rows(text: str | None) -> list[list[Any]] | None:
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(row, list) for row in found) else None


def _boxed(text: str) -> str | None:
    start = text.find(_BOXED)
    end = text.find("}", start)
    return text[start + len(_BOXED) : end] if start >= 0 and end >= 0 else None


def _last_list(text: str) -> str | None:
    """Return the text from the last "]" back to its "[", if no more than a grid is nested in between."""
    last = closing = text.rfind("]")
    opening = text.rfind("[", 0, last)
    depth = 0
    for _ in range(_MOST_BRACKETS):
        if opening < 0 or depth > _DEPTH_OF_A_GRID:
            break
        if closing > opening:
            depth += 1
            closing = text.rfind("]", 0, closing)
        elif depth > 1:
            depth -= 1
            opening = text.rfind("[", 0, opening)
        else:
            return text[opening : last + 1]
    return None
