"""Tokens, costs and times are added up, and what cannot be added becomes null and is noted."""

import json
import time
from typing import Any

import pytest
from common.error_kinds import NoteKind
from ingester.submission.error_kinds import Notes
from ingester.submission.limits import BIGINT, INT4, Limits
from ingester.submission.usage import Usage, add_up

from tests.ingester.samples import TWO, kinds, used, with_metadata


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-0.1", '"NaN"', '"a lot"', "[]", "1e301"])
def test_a_cost_out_of_range_becomes_null_and_is_noted(number: str) -> None:
    data = json.dumps(with_metadata(cost={"total_cost": 12345})).replace("12345", number).encode()
    result = used(data)
    assert (result.rows[0].estimated_cost, kinds(result)) == (None, [NoteKind.VALUE_OUT_OF_RANGE])
    assert result.pairs_solved == 1


@pytest.mark.parametrize("number", [str(BIGINT + 1), "-1", "9" * 4000, "9" * 5000, "1.5", '"many"', "{}", "1e99"])
def test_tokens_out_of_range_become_null_and_are_noted(number: str) -> None:
    data = json.dumps(with_metadata(usage={"prompt_tokens": 12345, "total_tokens": "7"})).replace("12345", number)
    result = used(data.encode())
    assert (result.rows[0].input_tokens, result.rows[0].total_tokens) == (None, 7)
    assert kinds(result) == [NoteKind.VALUE_OUT_OF_RANGE]


def test_limits_are_those_of_the_columns() -> None:
    usage = {"prompt_tokens": INT4 + 1, "completion_tokens": INT4}
    (row,) = used(with_metadata(usage=usage), limits=Limits(max_token=INT4)).rows
    assert (row.input_tokens, row.output_tokens) == (None, INT4)
    (row,) = used(with_metadata(usage=usage)).rows
    assert row.input_tokens == INT4 + 1


def test_a_sum_out_of_range_becomes_null_and_is_noted() -> None:
    usage = {"prompt_tokens": BIGINT, "completion_tokens": 1}
    metadata = [{"usage": usage, "pair_index": index} for index, _ in enumerate(TWO.test)]
    pairs = [{"attempt_1": {"answer": [], "metadata": each}} for each in metadata]
    result = used(pairs, TWO)
    assert (result.rows[0].input_tokens, result.rows[0].output_tokens) == (None, 2)
    assert kinds(result) == [NoteKind.VALUE_OUT_OF_RANGE]


@pytest.mark.parametrize(
    ("start", "end", "milliseconds"),
    [
        ("2025-12-11T10:00:00Z", "2025-12-11T12:00:00+02:00", 0),
        ("2025-12-11T10:00:00", "2025-12-11T10:00:00.0005Z", 1),
        ("2025-12-11T10:00:00", "2025-12-11T10:00:00.000499Z", 0),
        ("2025-12-11T10:00:01Z", "2025-12-11T10:00:00Z", None),
        ("2025-12-11T10:00:00Z", "2026-12-11T10:00:00Z", None),
        ("yesterday", "2025-12-11T10:00:00Z", None),
        ({}, [], None),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", None),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", None),
    ],
)
def test_a_duration_is_in_milliseconds_or_null_and_noted(start: Any, end: Any, milliseconds: int | None) -> None:
    result = used(with_metadata(start_timestamp=start, end_timestamp=end))
    assert result.rows[0].api_processing_time_ms == milliseconds
    assert kinds(result) == ([] if milliseconds is not None else [NoteKind.VALUE_OUT_OF_RANGE])


def test_an_instant_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        times = {"start_timestamp": "2025-12-11T10:00:00", "end_timestamp": "2025-12-11T10:00:01Z"}
        (row,) = used(with_metadata(**times)).rows
    time.tzset()
    assert row.api_processing_time_ms == 1000


def test_costs_are_added_exactly() -> None:
    tenth = {"attempt_1": {"answer": [], "metadata": {"pair_index": 0, "cost": {"total_cost": 0.1}}}}
    assert used([tenth] * 10).rows[0].estimated_cost == 1.0  # one after the other they add up to 0.9999999999999999


def test_the_bounds_of_columns_are_those_of_postgresql() -> None:
    assert (INT4, BIGINT) == (2_147_483_647, 9_223_372_036_854_775_807)


def added_up(*metadata: dict[str, Any], limits: Limits | None = None) -> tuple[Usage, list[tuple[NoteKind, str]]]:
    notes = Notes()
    usage = add_up(metadata, limits or Limits(), notes, "attempt_1")
    return usage, [(NoteKind(each.kind), each.message) for each in notes.merged()]


NOTHING = Usage(None, None, None, None, None, None)


def test_what_is_not_there_is_null_and_no_note() -> None:
    assert added_up() == added_up({}) == added_up({"usage": None, "cost": None}) == (NOTHING, [])
    assert added_up({"usage": {"prompt_tokens": None}, "cost": {"total_cost": None}}) == (NOTHING, [])


@pytest.mark.parametrize(
    ("metadata", "what"),
    [
        ({"usage": {"prompt_tokens": -1}}, "prompt_tokens"),
        ({"usage": {"completion_tokens": "x"}}, "completion_tokens"),
        ({"usage": {"completion_tokens_details": {"reasoning_tokens": -1}}}, "reasoning_tokens"),
        ({"usage": {"total_tokens": BIGINT + 1}}, "total_tokens"),
        ({"cost": {"total_cost": -0.5}}, "total_cost"),
        ({"start_timestamp": "soon"}, "start_timestamp"),
        ({"end_timestamp": "soon"}, "end_timestamp"),
        (
            {"start_timestamp": "2025-12-11T10:00:01Z", "end_timestamp": "2025-12-11T10:00:00Z"},
            "end_timestamp - start_timestamp",
        ),
        (
            {"start_timestamp": "2025-12-11T10:00:00Z", "end_timestamp": "2026-12-11T10:00:00Z"},
            "the duration in ms",
        ),
    ],
)
def test_a_note_names_the_attempt_and_the_number(metadata: dict[str, Any], what: str) -> None:
    usage, notes = added_up(metadata)
    assert notes == [(NoteKind.VALUE_OUT_OF_RANGE, f"attempt_1: {what} is no number in range, it became null")]
    assert usage == NOTHING


def test_a_note_on_a_sum_says_so() -> None:
    parts = [{"usage": {"total_tokens": 3}, "cost": {"total_cost": 3.0}}] * 2
    usage, notes = added_up(*parts, limits=Limits(max_token=5, max_cost=5.0))
    assert (usage.total_tokens, usage.estimated_cost) == (None, None)
    text = "attempt_1: the sum of {} is no number in range, it became null"
    assert notes[0][1] == "; ".join(text.format(each) for each in ("total_tokens", "total_cost"))


def test_the_sum_of_each_tokens_is_named() -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 4}}
    _, notes = added_up(
        *[{"usage": {"prompt_tokens": 3, "completion_tokens": 5} | details}] * 3, limits=Limits(max_token=8)
    )
    text = "attempt_1: the sum of {} is no number in range, it became null"
    names = ("prompt_tokens", "completion_tokens", "reasoning_tokens")
    assert notes[0][1] == "; ".join(map(text.format, names)) + " (4 in all)"
    _, notes = added_up({"usage": {"input_tokens": 5, "cache_read_input_tokens": 5}}, limits=Limits(max_token=8))
    assert notes[0][1] == text.format("input_tokens")


@pytest.mark.parametrize("part", ["usage", "cost"])
def test_a_part_that_is_no_object_is_named(part: str) -> None:
    assert added_up({part: [1]}) == (NOTHING, [(NoteKind.MALFORMED_ATTEMPT, f"attempt_1: {part} is no object")])


def test_a_pair_that_ran_backwards_or_has_no_end_costs_the_others_no_time() -> None:
    first = {"start_timestamp": "2025-12-11T10:00:00Z", "end_timestamp": "2025-12-11T10:00:10Z"}
    backwards = {"start_timestamp": "2025-12-11T10:00:10Z", "end_timestamp": "2025-12-11T10:00:05Z"}
    endless = {"start_timestamp": "2025-12-11T09:00:00Z"}
    usage, notes = added_up(first, backwards, endless, {"end_timestamp": "2025-12-11T10:00:10Z"})
    assert (usage.api_processing_time_ms, len(notes)) == (10_000, 1)


def test_numbers_may_be_as_large_as_the_limits() -> None:
    limits = Limits(max_token=5, max_cost=5.0, max_ms=1000)
    span = {"start_timestamp": "2025-12-11T10:00:00Z", "end_timestamp": "2025-12-11T10:00:01Z"}
    usage, notes = added_up({"usage": {"total_tokens": 5}, "cost": {"total_cost": 5.0}, **span}, limits=limits)
    assert (usage.total_tokens, usage.estimated_cost, usage.api_processing_time_ms, notes) == (5, 5.0, 1000, [])
    usage, _ = added_up({"usage": {"total_tokens": 0}, "cost": {"total_cost": 0}})
    assert (usage.total_tokens, usage.estimated_cost) == (0, 0.0)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": 5, "output_tokens": 3}, (5, 3, None, 8)),
        (
            {"input_tokens": 5, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 100, "output_tokens": 3},
            (125, 3, None, 128),
        ),
        # Where the name is OpenAI's, what a cache served is a part of it.
        ({"prompt_tokens": 125, "completion_tokens": 3, "cache_read_input_tokens": 100}, (125, 3, None, 128)),
        ({"prompt_tokens": 125, "prompt_tokens_details": {"cached_tokens": 100}}, (125, None, None, None)),
        ({"prompt_tokens": 5, "input_tokens": 7, "completion_tokens": 3, "output_tokens": 9}, (5, 3, None, 8)),
        ({"prompt_tokens": None, "input_tokens": 7, "output_tokens": None}, (7, None, None, None)),
        ({"output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 2}}, (None, 3, 2, None)),
        ({"reasoning_tokens": 2}, (None, None, 2, None)),
        ({"cache_read_input_tokens": 100}, (None, None, None, None)),
        ({"completion_tokens_details": {"reasoning_tokens": 0}, "reasoning_tokens": 2}, (None, None, 0, None)),
        # Reasoning within the completion, and outside: the total says which, and is not made of its parts.
        ({"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}, (1000, 500, None, 1500)),
        ({"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1500}, (1000, 200, None, 1500)),
    ],
)
def test_tokens_are_read_under_the_names_of_all_providers(
    usage: dict[str, Any], tokens: tuple[int | None, ...]
) -> None:
    found, notes = added_up({"usage": usage})
    assert (found[:4], notes) == (tokens, [])


def test_a_total_is_made_of_input_and_output_pair_by_pair() -> None:
    written = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 10}
    parts, half = {"prompt_tokens": 3, "completion_tokens": 4}, {"prompt_tokens": 100}
    found, notes = added_up({"usage": written}, {"usage": parts}, {"usage": half})
    assert (found.input_tokens, found.output_tokens, found.total_tokens, notes) == (104, 6, 17, [])
    found, notes = added_up({"usage": parts | {"total_tokens": -1}})
    assert (found.total_tokens, len(notes)) == (None, 1)
    text = "attempt_1: the sum of {} tokens is no number in range, it became null"
    found, notes = added_up({"usage": parts}, limits=Limits(max_token=6))
    assert (found.total_tokens, [message for _, message in notes]) == (None, [text.format("input and output")])


@pytest.mark.parametrize(
    ("cost", "found"),
    [(0.25, 0.25), (3, 3.0), ({"total_cost": 0.5, "prompt_cost": 0.1}, 0.5), (-1, None), (True, None), ("0.5", None)],
)
def test_a_cost_may_be_a_number(cost: Any, found: float | None) -> None:
    usage, notes = added_up({"cost": cost})
    assert (usage.estimated_cost, len(notes)) == (found, 0 if found else 1)


def test_a_duration_counts_where_start_or_end_is_not_known() -> None:
    span = {"start_timestamp": "2025-12-11T10:00:00Z", "end_timestamp": "2025-12-11T10:00:01Z"}
    assert added_up(span | {"duration_seconds": 9})[0].api_processing_time_ms == 1000
    usage, notes = added_up({"start_timestamp": span["start_timestamp"], "duration_seconds": 2.0006})
    assert (usage.api_processing_time_ms, notes) == (2001, [])
    assert added_up({"duration_seconds": 0.4}, span, {"duration_seconds": "2"})[0].api_processing_time_ms == 3400
    wrong: Any
    assert added_up({"duration_seconds": 1}, limits=Limits(max_ms=1000))[0].api_processing_time_ms == 1000
    _, notes = added_up({"duration_seconds": 1.0006}, limits=Limits(max_ms=1000))
    assert "duration_seconds" in notes[0][1]
    for wrong in (-1, "soon", 1e12, []):
        usage, notes = added_up({"duration_seconds": wrong})
        text = "attempt_1: duration_seconds is no number in range, it became null"
        assert (usage, notes) == (NOTHING, [(NoteKind.VALUE_OUT_OF_RANGE, text)])


def test_what_is_not_read_is_named_with_its_attempt() -> None:
    usage, notes = added_up({"usage": {"total_token_count": 7}, "latency_ms": 9})
    assert (usage, notes) == (
        NOTHING,
        [(NoteKind.UNREAD_METADATA, "attempt_1: latency_ms; attempt_1: usage.total_token_count")],
    )
