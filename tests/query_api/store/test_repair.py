"""A row is shown with what is right in it; what is not is replaced, counted, and logged now and then."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_api.schemas.ingestion_runs import Run
from query_api.store import repair
from query_api.store.rows import Submission
from structlog.testing import capture_logs

from tests.support.writer import START, submission

RUN: dict[str, Any] = {
    "id": 1, "dataset_name": "m", "base_url": "", "source": None, "total_puzzles": 1, "successful": 1, "failed": 0,
    "skipped": 0, "duration_ms": 5, "dry_run": False, "accuracy_percent": 1.0, "started_at": START,
    "completed_at": START, "error_log": None, "auto_triggered": True, "status": "completed", "trigger": "manual",
    "dataset": None, "revision": None, "tree_oid": None, "score": 0.5, "delivery_count": 1,
}  # fmt: skip


ODD = st.one_of(st.none(), st.floats(), st.integers(), st.sampled_from(["", "x", "-1", "\u0000", "\ufffe"]))


@pytest.fixture(autouse=True)
def quiet_before() -> Iterator[None]:
    """Let the first repair of each test be logged."""
    repair._last_line.clear()
    yield
    repair._last_line.clear()


def counted(table: str) -> float:
    return float(repair.REPAIRED.labels(table)._value.get())


def test_what_is_right_is_left_alone_and_not_counted() -> None:
    before = counted("ingestion_runs")
    found = repair.shaped(Run, RUN, "ingestion_runs")
    assert found == Run(**RUN)
    assert counted("ingestion_runs") == before


def test_only_what_is_wrong_is_replaced() -> None:
    before = counted("ingestion_runs")
    found = repair.shaped(Run, RUN | {"duration_ms": -7, "status": "paused", "delivery_count": -1}, "ingestion_runs")
    assert found == Run(**RUN | {"duration_ms": 0, "status": "unknown", "delivery_count": None})
    assert counted("ingestion_runs") == before + 1


@given(st.dictionaries(st.sampled_from(sorted(RUN)), ODD))
def test_no_value_in_any_column_is_beyond_repair(odd: dict[str, Any]) -> None:
    found = repair.shaped(Run, RUN | odd, "ingestion_runs")
    assert found is not None
    json.loads(found.model_dump_json(), parse_constant=pytest.fail)


def test_a_repaired_submission_equals_itself() -> None:
    values = {name: getattr(submission("m", 1, 1), name) for name in Submission.model_fields}
    odd = values | {"score": float("nan"), "total_cost": float("inf"), "score_submitted": 1.5}
    one, other = (repair.shaped(Submission, odd, "submission_versions") for _ in range(2))
    assert one is not None
    assert one == other
    assert (one.score, one.total_cost, one.score_submitted) == (0, None, None)


def test_a_row_that_is_read_each_minute_fills_no_log() -> None:
    with capture_logs() as lines:
        for _ in range(5):
            repair.shaped(Run, RUN | {"duration_ms": -7}, "ingestion_runs")
    assert [(line["event"], line["table"], line["columns"]) for line in lines] == [
        ("row.repaired", "ingestion_runs", ["duration_ms"])
    ]


def test_each_table_has_its_line_and_again_after_a_minute() -> None:
    with capture_logs() as lines:
        for table in ("ingestion_runs", "sync_runs", "ingestion_runs"):
            repair.note(table, ["b", "a"])
        repair._last_line["sync_runs"] -= 61
        repair.note("sync_runs", ["a"])
    assert [(line["table"], line["columns"]) for line in lines] == [
        *(("ingestion_runs", ["a", "b"]), ("sync_runs", ["a", "b"]), ("sync_runs", ["a"])),
    ]


def test_a_row_beyond_repair_is_left_out_alone_and_counted() -> None:
    before = counted("sync_runs")
    rows = [RUN, {"no": "run"}, RUN | {"id": 2}]
    assert [run.id for run in repair.all_shaped(Run, rows, "sync_runs")] == [1, 2]
    assert counted("sync_runs") == before + 1


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_instant_of_postgresql_becomes_one_that_python_can_show_anywhere(stored: int) -> None:
    found = repair._decoded((stored,))
    assert repair.EARLIEST <= found <= repair.LATEST
    if repair._BOUNDS[0] <= stored <= repair._BOUNDS[1]:
        assert repair._encoded(found) == (stored,)


async def test_a_connection_reads_and_writes_every_instant(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await repair.read_any_instant(connection)
        at = START + timedelta(microseconds=1)
        row = await connection.fetchrow(
            """SELECT 'infinity'::timestamptz, '-infinity'::timestamptz, '4000-01-01 BC'::timestamptz,
                $1::timestamptz, $1::timestamptz::text""",
            at,
        )
        assert row is not None
        assert tuple(row)[:4] == (repair.LATEST, repair.EARLIEST, repair.EARLIEST, at)
        assert datetime.fromisoformat(row[4]) == at
    finally:
        await connection.close()


def test_the_bounds_are_a_day_within_what_python_knows() -> None:
    day = timedelta(days=1)
    assert datetime.min.replace(tzinfo=UTC) + day == repair.EARLIEST
    assert datetime.max.replace(tzinfo=UTC) - 2 * day + timedelta(microseconds=1) == repair.LATEST
    assert repair._decoded((2**62,)) == repair.LATEST
    assert repair._decoded((-(2**62),)) == repair.EARLIEST


def test_json_is_what_is_stored() -> None:
    assert repair.parsed('{"a": [1, null]}') == {"a": [1, None]}


def test_instants_are_those_that_were_stored() -> None:
    assert repair._decoded((0,)) == datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("stored", ["[" * 100_000 + "]" * 100_000, f"[{'9' * 5_000}]", None])
def test_json_that_python_cannot_read_is_nothing(stored: str | None) -> None:
    assert repair.parsed(stored) is None
