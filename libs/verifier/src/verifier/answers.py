"""What an answer says: a grid of integers, or a text that holds one."""

import json
import re
from typing import Any

Cells = list[list[int | None]]
_MOST_ROWS = 1000
# A longer integer is the colour of no cell, and Python refuses to read it.
_LONGEST = 4000
_INTEGER = r"\s*[+-]?[0-9]+(_[0-9]+)*(\.0+)?\s*"


def grid_of(answer: Any) -> Cells | None:
    """Return the rows of an answer, None where it holds none; a cell that is no integer is None."""
    found = _grid_in(answer) if isinstance(answer, str) else answer
    if not isinstance(found, list) or len(found) > _MOST_ROWS or not all(isinstance(row, list) for row in found):
        return None
    return [[integer_of(cell) for cell in row] for row in found]


def integer_of(value: Any) -> int | None:
    """Return the integer that the official scorer's models read: of 1, 1.0, "1" and true."""
    if isinstance(value, str) and len(value) <= _LONGEST and re.fullmatch(_INTEGER, value):
        return int(value.partition(".")[0])
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(value) if isinstance(value, int) else None


def _grid_in(text: str) -> Any:
    if boxed := re.search(r"\\boxed\{(.*?)\}", text, re.DOTALL):
        rows = _rows(boxed[1])
        if rows is not None:
            return rows
    end = text.rfind("]") + 1
    depth = 0
    for start in range(end - 1, -1, -1):
        depth += {"]": 1, "[": -1}.get(text[start], 0)
        if text[start] == "[" and depth == 0:
            return _rows(text[start:end]) or None
    return None


def _rows(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(row, list) for row in found) else None
