"""Adds up what an attempt used: tokens, cost and time."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from common.error_kinds import NoteKind

from ingester.submission.coercion import as_instant, as_integer, as_number
from ingester.submission.error_kinds import Notes
from ingester.submission.limits import Limits

Metadata = Mapping[str, Any]
Number = TypeVar("Number", int, float)
_NOTHING: Metadata = {}


class Usage(NamedTuple):
    """Sums over an attempt's pairs, by the names of a row's columns; None where no pair says anything. Cost in USD."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    estimated_cost: float | None
    api_processing_time_ms: int | None
    created_at: datetime | None


def add_up(metadata: Sequence[Metadata], limits: Limits, notes: Notes, label: str) -> Usage:
    """Add up the metadata of one attempt's pairs; what cannot be added is left out and noted under `label`."""
    adder = _Adder(limits, notes, label)
    usage = [adder.part(each, "usage") for each in metadata]
    details = [adder.part(each, "completion_tokens_details") for each in usage]
    costs = [adder.part(each, "cost") for each in metadata]
    spans = [(adder.instant(each, "start_timestamp"), adder.instant(each, "end_timestamp")) for each in metadata]
    return Usage(
        input_tokens=adder.tokens(usage, "prompt_tokens"),
        output_tokens=adder.tokens(usage, "completion_tokens"),
        reasoning_tokens=adder.tokens(details, "reasoning_tokens"),
        total_tokens=adder.tokens(usage, "total_tokens"),
        estimated_cost=adder.total(costs, "total_cost", as_number, math.fsum, limits.max_cost),
        api_processing_time_ms=adder.milliseconds(end - start for start, end in spans if start and end),
        created_at=min((start for start, _ in spans if start), default=None),
    )


class _Adder:
    def __init__(self, limits: Limits, notes: Notes, label: str) -> None:
        self._limits = limits
        self._notes = notes
        self._label = label

    def part(self, whole: Metadata, key: str) -> Metadata:
        part = whole.get(key)
        if isinstance(part, dict):
            return part
        if part is not None:
            self._notes.add(NoteKind.MALFORMED_ATTEMPT, f"{self._label}: {key} is no object")
        return _NOTHING

    def instant(self, metadata: Metadata, key: str) -> datetime | None:
        value = metadata.get(key)
        found = as_instant(value)
        if value is not None and found is None:
            self._note(key)
        return found

    def tokens(self, parts: Iterable[Metadata], key: str) -> int | None:
        return self.total(parts, key, as_integer, sum, self._limits.max_token)

    def total(
        self,
        parts: Iterable[Metadata],
        key: str,
        read: Callable[[Any], Number | None],
        add: Callable[[list[Number]], Number],
        largest: float,
    ) -> Number | None:
        values = [value for part in parts if (value := part.get(key)) is not None]
        found = [number for value in values if (number := self._checked(read(value), largest, key)) is not None]
        return self._checked(add(found), largest, f"the sum of {key}") if found else None

    def milliseconds(self, spans: Iterable[timedelta]) -> int | None:
        what = "end_timestamp - start_timestamp"
        found = [span for span in spans if self._checked(span.total_seconds(), math.inf, what) is not None]
        # Rounded once, after adding: half a millisecond is the most that an attempt is off.
        total = (sum(found, timedelta()) + timedelta(microseconds=500)) // timedelta(milliseconds=1)
        return self._checked(total, self._limits.max_ms, "the duration in ms") if found else None

    def _checked(self, value: Number | None, largest: float, what: str) -> Number | None:
        if value is not None and 0 <= value <= largest:  # NaN is not
            return value
        self._note(what)
        return None

    def _note(self, what: str) -> None:
        self._notes.add(NoteKind.VALUE_OUT_OF_RANGE, f"{self._label}: {what} is no number in range, it became null")
