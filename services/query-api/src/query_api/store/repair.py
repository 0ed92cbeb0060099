"""Reads rows whatever they hold: none must fail a page, or the load of the whole view.

The existing app writes to these tables too, and so do newer versions of our services. A value that a shape does not
take is replaced by null, or where that will not do, by zero, "unknown" or nothing; this is logged and counted.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import asyncpg
import structlog
from prometheus_client import Counter
from pydantic import ValidationError

log = structlog.get_logger(__name__)

REPAIRED = Counter(
    "arcwatch_query_api_repaired_rows", "Rows that held what no version writes", ["table"], registry=None
)
TABLES: Final = (
    "ingestion_runs",
    "submission_versions",
    "task_results",
    "verifications",
    "sync_runs",
    "explanations",
    "model_names",
    "admin_actions",
    "dataset_pauses",
    "notification_channels",
    "notification_messages",
    "notification_tests",
    "model.ingested",
)
for _table in TABLES:
    REPAIRED.labels(_table)

# One row that is looked at every minute must not fill a disk.
SECONDS_BETWEEN_LINES = 60.0
# Zero is 1970 where an instant is asked for, and False.
_CANDIDATES: Final = (None, 0, "unknown", "", ())
_last_line: dict[str, float] = {}

T = TypeVar("T")


def shaped(kind: Callable[..., T], values: Mapping[str, Any], table: str) -> T | None:
    """Return a row as a pydantic model or dataclass, repaired where it must be; None where that does not help."""
    try:
        return kind(**values)
    except ValidationError as error:
        wrong = _fields(error)
    note(table, wrong)
    repaired = dict(values)
    for name in wrong:
        for candidate in _CANDIDATES:
            repaired[name] = candidate
            try:
                return kind(**repaired)
            except ValidationError as still:
                if name not in _fields(still):
                    break
    return None


def all_shaped(kind: Callable[..., T], rows: Iterable[Mapping[str, Any]], table: str) -> list[T]:
    """Return rows; one that is beyond repair is left out."""
    return [found for row in rows if (found := shaped(kind, row, table)) is not None]


def note(table: str, columns: Iterable[str]) -> None:
    """Count a row that was repaired, and log it, but not each time that it is read."""
    REPAIRED.labels(table).inc()
    now = time.monotonic()
    if now - _last_line.get(table, -SECONDS_BETWEEN_LINES) >= SECONDS_BETWEEN_LINES:
        _last_line[table] = now
        log.warning("row.repaired", table=table, columns=sorted(columns))


def _fields(error: ValidationError) -> list[str]:
    return list(dict.fromkeys(str(each["loc"][0]) for each in error.errors()))


def parsed(stored: str | None) -> Any:
    """Return what a jsonb column holds; None for what PostgreSQL can keep and Python cannot read."""
    try:
        return None if stored is None else json.loads(stored)
    except (ValueError, RecursionError):
        # A number of 5,000 digits, or a list in a list in a list, a thousand times.
        return None


def parsed_list(stored: str | None) -> list[Any]:
    """Return the list that a jsonb column holds; an empty one for anything else."""
    value = parsed(stored)
    return value if isinstance(value, list) else []


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# A day within what Python knows, so that every time zone has them.
EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BOUNDS = (EARLIEST - _EPOCH) // _MICROSECOND, (LATEST - _EPOCH) // _MICROSECOND


async def read_any_instant(connection: asyncpg.Connection) -> None:
    """Have a connection read instants before the year 1 and after 9999, and the infinite ones, as the nearest known.

    One of them would fail the whole query otherwise.
    """
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_encoded, decoder=_decoded
    )


def _encoded(at: datetime) -> tuple[int]:
    return ((at - _EPOCH) // _MICROSECOND,)


def _decoded(stored: tuple[int]) -> datetime:
    return _EPOCH + timedelta(microseconds=min(max(stored[0], _BOUNDS[0]), _BOUNDS[1]))
