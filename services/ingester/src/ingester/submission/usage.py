"""Adds up what an attempt used: tokens, cost and time."""

import math
from collections.abc import Iterable, Mapping, Sequence
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
    """Sums over an attempt's pairs; None where no pair says anything. Cost in USD."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    cost: float | None
    time_ms: int | None
    started_at: datetime | None


def add_up(metadata: Sequence[Metadata], limits: Limits, notes: Notes, label: str) -> Usage:
    """Add up the metadata of one attempt's pairs; what cannot be added is left out and noted under `label`."""
    adder = _Adder(limits, notes, label)
    usage = [adder.part(each, "usage") for each in metadata]
    details = [adder.part(each, "completion_tokens_details") for each in usage]
    costs = [adder.part(each, "cost") for each in metadata]
    spans = [adder.span(each) for each in metadata]
    return Usage(
        input_tokens=adder.tokens(usage, "prompt_tokens"),
        output_tokens=adder.tokens(usage, "completion_tokens"),
        reasoning_tokens=adder.tokens(details, "reasoning_tokens"),
        total_tokens=adder.tokens(usage, "total_tokens"),
        cost=adder.cost(costs),
        time_ms=adder.milliseconds(spans),
        started_at=min((start for start, _ in spans if start), default=None),
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

    def tokens(self, parts: Iterable[Metadata], key: str) -> int | None:
        found = [
            number
            for part in parts
            if (value := part.get(key)) is not None
            and (number := self._checked(as_integer(value), self._limits.max_token, key)) is not None
        ]
        return self._checked(sum(found), self._limits.max_token, f"the sum of {key}") if found else None

    def cost(self, parts: Iterable[Metadata]) -> float | None:
        found = [
            number
            for part in parts
            if (value := part.get("total_cost")) is not None
            and (number := self._checked(as_number(value), self._limits.max_cost, "total_cost")) is not None
        ]
        return self._checked(math.fsum(found), self._limits.max_cost, "the sum of total_cost") if found else None

    def span(self, metadata: Metadata) -> tuple[datetime | None, timedelta | None]:
        start, end = self._instant(metadata, "start_timestamp"), self._instant(metadata, "end_timestamp")
        return start, end - start if start and end else None

    def milliseconds(self, spans: Iterable[tuple[datetime | None, timedelta | None]]) -> int | None:
        found = [span for _, span in spans if span is not None and self._is_forward(span)]
        # Rounded once, after adding: half a millisecond is the most that an attempt is off.
        total = (sum(found, timedelta()) + timedelta(microseconds=500)) // timedelta(milliseconds=1)
        return self._checked(total, self._limits.max_ms, "the duration in ms") if found else None

    def _is_forward(self, span: timedelta) -> bool:
        return self._checked(span.total_seconds(), math.inf, "end_timestamp - start_timestamp") is not None

    def _instant(self, metadata: Metadata, key: str) -> datetime | None:
        value = metadata.get(key)
        found = as_instant(value)
        if value is not None and found is None:
            self._note(key)
        return found

    def _checked(self, value: Number | None, largest: float, what: str) -> Number | None:
        if value is not None and 0 <= value <= largest:  # NaN is not
            return value
        self._note(what)
        return None

    def _note(self, what: str) -> None:
        self._notes.add(NoteKind.VALUE_OUT_OF_RANGE, f"{self._label}: {what} is no number in range, it became null")
