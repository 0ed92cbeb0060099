"""Loose values are read as the official scorer reads them, and only what a column can hold becomes an instant."""

import math
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from ingester.submission.coercion import as_instant, as_integer, as_number, as_rows


@pytest.mark.parametrize(
    ("value", "found"),
    [(1, 1), ("1", 1), (" 1 ", 1), (1.0, 1), (True, 1), (10**30, 10**30), (1.5, None), ("x", None), (None, None)],
)
def test_integers(value: Any, found: int | None) -> None:
    assert (as_integer(value), type(as_integer(value))) == (found, type(found))


@pytest.mark.parametrize(
    ("value", "found"), [(0.5, 0.5), (1, 1.0), ("0.5", 0.5), (True, 1.0), (10**400, None), ("x", None), ([], None)]
)
def test_numbers(value: Any, found: float | None) -> None:
    assert (as_number(value), type(as_number(value))) == (found, type(found))
    assert as_number(math.inf) == as_number("inf") == math.inf


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9998-12-31T23:59:59Z", datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00+01:00", None),
        ("9999-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2025-12-11T10:00:00", datetime(2025, 12, 11, 10, tzinfo=UTC)),
        ("2025-12-11T10:00:00+02:00", datetime(2025, 12, 11, 8, tzinfo=UTC)),
        (1_765_447_200, datetime(2025, 12, 11, 10, tzinfo=UTC)),
        ("soon", None),
        (None, None),
    ],
)
def test_instants_are_in_utc_and_of_the_years_that_postgresql_gives_back(value: Any, found: datetime | None) -> None:
    assert as_instant(value) == found
    assert found is None or getattr(as_instant(value), "tzinfo", None) is UTC


def test_an_instant_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        found = as_instant("2025-12-11T10:00:00")
    time.tzset()
    assert found == datetime(2025, 12, 11, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "found"),
    [([], []), ([[]], [[]]), ([[1], ["2", True]], [[1], [2, 1]]), ([1], None), ([[None]], None), ("[[1]]", None)],
)
def test_rows(value: Any, found: list[list[int]] | None) -> None:
    assert as_rows(value) == found
