"""Loose JSON values read as the official scorer's models read them: "1", 1.0 and true are the integer 1."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, FailFast, TypeAdapter, ValidationError

T = TypeVar("T")
Rows = list[list[int]]

# No model answered before 1970, and asyncpg writes the ends of the calendar as infinity.
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def _in_utc(found: datetime) -> datetime:
    instant = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise ValueError
    return instant


def _read(adapter: TypeAdapter[T], value: Any) -> T | None:
    try:
        return adapter.validate_python(value)
    except (ValidationError, OverflowError):  # beyond every float, or the years 1 to 9999 in UTC
        return None


# Each returns None where there is nothing of its kind to read. A number may be infinite or NaN; an instant is in UTC,
# and without a zone is taken as UTC; rows may be ragged. FailFast: a million bad cells are one error, not a million.
as_integer = partial(_read, TypeAdapter(int))
as_number = partial(_read, TypeAdapter(float))
as_instant = partial(_read, TypeAdapter[datetime](Annotated[datetime, AfterValidator(_in_utc)]))
as_rows = partial(_read, TypeAdapter[Rows](Annotated[list[Annotated[list[int], FailFast()]], FailFast()]))
