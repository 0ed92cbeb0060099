"""Places in an ordered list, as text that clients hand back unread. A place is of one list: one order, one filter."""

import base64
import binascii
import hashlib
import json
from types import UnionType
from typing import Any

from query_api.schemas.base import Query
from query_api.schemas.problems import FieldError, ProblemError

# These choose a part of a list, not another list.
_PAGING = {"cursor", "limit", "offset"}


def write_cursor(query: Query, *place: str | float | None) -> str:
    """Return where a list goes on that a query asks for."""
    stored = json.dumps([_mark(query), *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(stored.encode()).decode().rstrip("=")


def read_cursor(query: Query, cursor: str, shape: tuple[type | UnionType, ...]) -> list[Any]:
    """Return the place that a cursor means; raises a ProblemError unless it was made for this very list."""
    try:
        mark: Any
        place: list[Any]
        mark, *place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise refusal("it is none of ours; hand back nextCursor as it came") from error
    if mark != _mark(query):
        raise refusal("it is of a list with other filters or in another order; begin again without it")
    if len(place) != len(shape) or not all(map(isinstance, place, shape)):
        raise refusal("it is none of ours; hand back nextCursor as it came")
    return place


def _mark(query: Query) -> str:
    chosen = query.model_dump_json(exclude=_PAGING)
    return hashlib.sha256(chosen.encode()).hexdigest()[:12]


def refusal(why: str) -> ProblemError:
    """Return the error of a cursor that cannot be used here."""
    return ProblemError(422, f"cursor: {why}", errors=(FieldError(field="cursor", message=why),))
