"""No file, however large or odd, makes the transform raise, linger, or give rows that PostgreSQL refuses."""

import json
import tracemalloc
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ingester.submission.limits import BIGINT, Limits
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform

from tests.ingester.samples import ATTEMPT, ONE, TWO, with_metadata

MANY = 1_000_000
HOSTILE = {
    "one long number": b'[{"attempt_1": {"answer": [[%s]]}}]' % (b"9" * MANY),
    "many long numbers": b'[{"attempt_1": {"answer": [[%s]]}}]' % b",".join([b"9" * 5_000] * 1_000),
    "long text": b'[{"attempt_1": {"answer": "%s"}}]' % (b"x" * MANY),
    "closing brackets": b'[{"attempt_1": {"answer": "%s"}}]' % (b"]" * MANY),
    "opening brackets": b'[{"attempt_1": {"answer": "%s]"}}]' % (b"[" * MANY),
    "many rows in text": b'[{"attempt_1": {"answer": "[%s[1]]"}}]' % (b"[1]," * (MANY // 4)),
    "many rows": b'[{"attempt_1": {"answer": [%s[1]]}}]' % (b"[1]," * (MANY // 4)),
    "many boxes": b'[{"attempt_1": {"answer": "%s"}}]' % (b"\\\\boxed{" * (MANY // 3)),
    "backslashes": b'[{"attempt_1": {"answer": "%sx\\u0000"}}]' % (b"\\" * (MANY // 2)),
    "NULs": b'[{"attempt_1": {"answer": "%s"}}]' % (b"\\u0000" * (MANY // 6)),
    "surrogates": b'[{"attempt_1": {"answer": "%s"}}]' % (b"\\ud800" * (MANY // 6)),
    "many attempts": b"[{%s}]" % b",".join(b'"attempt_%d":[]' % number for number in range(MANY // 20)),
    "many pairs": b"[%s{}]" % (b"{}," * (MANY // 3)),
    "duplicate keys": b'[{%s"a":1}]' % (b'"a":1,' * (MANY // 6)),
    "spaces": b" " * MANY,
    "half a file": json.dumps([{"attempt_1": ATTEMPT}] * (MANY // 1_000)).encode()[:-1],
}
JSON_COLUMNS = {
    "predicted_output_grid",
    "multiple_predicted_outputs",
    "multi_test_prediction_grids",
    "multi_test_results",
    "provider_raw_response",
    "notes",
}
WORDS = "attempt_1 attempt_2 answer metadata usage cost total_cost prompt_tokens pair_index start_timestamp"
KEYS = st.sampled_from([*WORDS.split(), "end_timestamp", "choices", "message", "content", "role", "reasoning_summary"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\0", "\ud800", "[[1]]"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6),
    max_leaves=25,
)


# Each takes 4 s at most, nearly all of it by the tracing; what is quadratic would take hours.
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_malice_neither_lingers_nor_fills_the_memory(name: str) -> None:
    tracemalloc.start()
    try:
        transform(HOSTILE[name], TWO, "m", Limits())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 5 MB must not take hundreds of MB; 27 times the size measured for 250,000 lists of one number.
    assert peak < 40 * MANY


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(KEYS, st.dictionaries(KEYS, JSON, max_size=4) | JSON, max_size=3) | JSON, max_size=4))
@example([{"attempt_1": {"metadata": {"choices": [{"message": {"role": []}}]}}}])
def test_any_json_becomes_storable_rows_or_an_error(document: Any) -> None:
    for row in transform(json.dumps(document).encode(), TWO, "m", Limits()):
        assert_storable(row)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text('[]{}",:1e\\u0d8attempt_', max_size=60).map(str.encode))
def test_any_bytes_become_rows_or_an_error(data: bytes) -> None:
    for row in transform(data, TWO, "m", Limits()):
        assert_storable(row)


def assert_storable(row: Row) -> None:
    for name, value in row._asdict().items():
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()  # no lone surrogates
        if value is not None and name in JSON_COLUMNS:
            json.dumps(json.loads(value, parse_constant=pytest.fail)).encode()


async def test_postgresql_takes_the_rows_of_odd_files(database_url: str) -> None:
    odd = [
        b'[{"attempt_1": {"answer": "\\u0000\\ud800 \\\\u0000", "metadata": {"\\ud800": "\\u0000"}}}]',
        b'[{"attempt_1": {"answer": [[%s, 1e308, 1e-320, -0.0]]}}]' % (b"9" * 4_000),
        b'[{"attempt_1": {"answer": %s}}]' % (b"[" * 900 + b"]" * 900),
        json.dumps(with_metadata(start_timestamp="0001-01-01T00:00:00Z", cost={"total_cost": 1e300})).encode(),
        json.dumps(with_metadata(start_timestamp="9999-12-31T23:59:59.999999Z")).encode(),
        json.dumps(with_metadata(usage={"prompt_tokens": BIGINT})).encode(),
        b"not json",
    ]
    rows = [row for data in odd for task in (ONE, TWO) for row in transform(data, task, "m", Limits())]
    assert len(rows) == 26
    connection = await asyncpg.connect(database_url)
    try:
        columns = ("hf_dataset", "model", "hf_blob_oid", *Row._fields)
        records = [("d", "m", str(number), *row) for number, row in enumerate(rows)]
        await connection.copy_records_to_table("staged_rows", records=records, columns=columns)
        stored = await connection.fetch(f"SELECT {', '.join(Row._fields)} FROM staged_rows ORDER BY hf_blob_oid::int")
    finally:
        await connection.close()
    assert [values_of(Row(*record)) for record in stored] == [values_of(row) for row in rows]


def values_of(row: Row) -> list[Any]:
    # jsonb writes 1e308 as an integer of 309 digits.
    return [
        value and json.loads(value, parse_int=float) if name in JSON_COLUMNS else value
        for name, value in row._asdict().items()
    ]
