"""Loose JSON values read as the official scorer's models read them: "1", 1.0 and true are the integer 1."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import FailFast, TypeAdapter, ValidationError

Rows = list[list[int]]

_INTEGER: TypeAdapter[int] = TypeAdapter(int)
_NUMBER: TypeAdapter[float] = TypeAdapter(float)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(datetime)
# No model answered before 1970, and asyncpg writes the ends of the calendar as infinity.
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
# FailFast: a million bad cells are one error, not a million.
_ROWS: TypeAdapter[Rows] = TypeAdapter(Annotated[list[Annotated[list[int], FailFast()]], FailFast()])


def as_integer(value: Any) -> int | None:
    """Return an integer, or None where there is none to read."""
    if type(value) is int:
        return value
    try:
        return _INTEGER.validate_python(value)
    except ValidationError:
        return None


def as_number(value: Any) -> float | None:
    """Return a number, which may be infinite or NaN, or None where there is none to read."""
    if type(value) is float:
        return value
    try:
        return _NUMBER.validate_python(value)
    except (ValidationError, OverflowError):
        return None


def as_instant(value: Any) -> datetime | None:
    """Return an instant in UTC, or None where there is none to read; without a zone it is taken as UTC."""
    try:
        found = _INSTANT.validate_python(value)
        instant = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValidationError, OverflowError):  # OverflowError: beyond the years 1 to 9999 in UTC
        return None
    return instant if _FIRST_YEAR <= instant.year <= _LAST_YEAR else None


def as_rows(value: Any) -> Rows | None:
    """Return rows of integers, however ragged, or None where there are none to read."""
    try:
        return _ROWS.validate_python(value)
    except ValidationError:
        return None
