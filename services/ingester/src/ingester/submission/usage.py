"""Adds up what an attempt used: tokens, cost and time."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from common.error_kinds import NoteKind

from ingester.submission.coercion import as_instant, as_integer, as_number
from ingester.submission.error_kinds import Notes
from ingester.submission.limits import Limits
from ingester.submission.near_misses import find_unread

Metadata = Mapping[str, Any]
Number = TypeVar("Number", int, float)
_NOTHING: Metadata = {}
# Anthropic's input_tokens are those that no cache served; every other name's are all of them.
_CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")


class Usage(NamedTuple):
    """Sums over an attempt's pairs, by the names of a row's columns; None where no pair says anything. Cost in USD."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    estimated_cost: float | None
    api_processing_time_ms: int | None


def add_up(metadata: Sequence[Metadata], limits: Limits, notes: Notes, label: str) -> Usage:
    """Add up the metadata of one attempt's pairs; what cannot be added is left out and noted under `label`."""
    reader = _Reader(limits, notes, label)
    pairs = [reader.read(each) for each in metadata]
    return Usage(
        input_tokens=reader.add((each.input_tokens for each in pairs), sum, limits.max_token, "prompt_tokens"),
        output_tokens=reader.add((each.output_tokens for each in pairs), sum, limits.max_token, "completion_tokens"),
        reasoning_tokens=reader.add(
            (each.reasoning_tokens for each in pairs), sum, limits.max_token, "reasoning_tokens"
        ),
        total_tokens=reader.add((each.total_tokens for each in pairs), sum, limits.max_token, "total_tokens"),
        estimated_cost=reader.add((each.cost for each in pairs), math.fsum, limits.max_cost, "total_cost"),
        api_processing_time_ms=reader.milliseconds([each.time for each in pairs if each.time is not None]),
    )


class _Pair(NamedTuple):
    """What one pair's metadata says."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    cost: float | None
    time: timedelta | None


class _Reader:
    def __init__(self, limits: Limits, notes: Notes, label: str) -> None:
        self._limits = limits
        self._notes = notes
        self._label = label

    def read(self, metadata: Metadata) -> _Pair:
        for key in find_unread(metadata):
            self._notes.add(NoteKind.UNREAD_METADATA, f"{self._label}: {key}")
        usage = self._part(metadata, "usage")
        given, made = self._input(usage), self._tokens(usage, "completion_tokens", "output_tokens")
        return _Pair(
            input_tokens=given,
            output_tokens=made,
            reasoning_tokens=self._reasoning(usage),
            total_tokens=self._total(usage, given, made),
            cost=self._cost(metadata),
            time=self._time(metadata),
        )

    def _input(self, usage: Metadata) -> int | None:
        if usage.get("prompt_tokens") is not None:
            return self._tokens(usage, "prompt_tokens")
        parts = [self._tokens(usage, key) for key in ("input_tokens", *_CACHED)]
        return None if parts[0] is None else self.add(parts, sum, self._limits.max_token, "input_tokens")

    def _reasoning(self, usage: Metadata) -> int | None:
        details = [self._part(usage, key) for key in ("completion_tokens_details", "output_tokens_details")]
        told = (each for each in (*details, usage) if each.get("reasoning_tokens") is not None)
        return self._tokens(next(told, _NOTHING), "reasoning_tokens")

    def _total(self, usage: Metadata, given: int | None, made: int | None) -> int | None:
        """Return the total; where none is written, only both of its parts make one."""
        if usage.get("total_tokens") is not None or given is None or made is None:
            return self._tokens(usage, "total_tokens")
        return self._checked(given + made, self._limits.max_token, "the sum of input and output tokens")

    def _cost(self, metadata: Metadata) -> float | None:
        cost = metadata.get("cost")
        if isinstance(cost, int | float) and not isinstance(cost, bool):
            return self._number({"cost": cost}, as_number, self._limits.max_cost, "cost")
        return self._number(self._part(metadata, "cost"), as_number, self._limits.max_cost, "total_cost")

    def _time(self, metadata: Metadata) -> timedelta | None:
        """Return the time between start and end, else the duration."""
        start, end = (self._instant(metadata, key) for key in ("start_timestamp", "end_timestamp"))
        if start and end:
            seconds = (end - start).total_seconds()
            return None if self._checked(seconds, math.inf, "end_timestamp - start_timestamp") is None else end - start
        duration = self._number(metadata, as_number, self._limits.max_ms / 1000, "duration_seconds")
        return None if duration is None else timedelta(seconds=duration)

    def _part(self, whole: Metadata, key: str) -> Metadata:
        part = whole.get(key)
        if isinstance(part, dict):
            return part
        if part is not None:
            self._notes.add(NoteKind.MALFORMED_ATTEMPT, f"{self._label}: {key} is no object")
        return _NOTHING

    def _instant(self, metadata: Metadata, key: str) -> datetime | None:
        value = metadata.get(key)
        found = as_instant(value)
        if value is not None and found is None:
            self._note(key)
        return found

    def _tokens(self, part: Metadata, *keys: str) -> int | None:
        return self._number(part, as_integer, self._limits.max_token, *keys)

    def _number(
        self, part: Metadata, read: Callable[[Any], Number | None], largest: float, *keys: str
    ) -> Number | None:
        """Return the number under the first of the keys that is there."""
        key = next((key for key in keys if part.get(key) is not None), None)
        return None if key is None else self._checked(read(part[key]), largest, key)

    def add(
        self,
        values: Iterable[Number | None],
        add: Callable[[list[Number]], Number],
        largest: float,
        what: str,
    ) -> Number | None:
        found = [value for value in values if value is not None]
        return self._checked(add(found), largest, f"the sum of {what}") if found else None

    def milliseconds(self, times: Sequence[timedelta]) -> int | None:
        # Rounded once, after adding: half a millisecond is the most that an attempt is off.
        total = (sum(times, timedelta()) + timedelta(microseconds=500)) // timedelta(milliseconds=1)
        return self._checked(total, self._limits.max_ms, "the duration in ms") if times else None

    def _checked(self, value: Number | None, largest: float, what: str) -> Number | None:
        if value is not None and 0 <= value <= largest:  # NaN is not
            return value
        self._note(what)
        return None

    def _note(self, what: str) -> None:
        self._notes.add(NoteKind.VALUE_OUT_OF_RANGE, f"{self._label}: {what} is no number in range, it became null")
