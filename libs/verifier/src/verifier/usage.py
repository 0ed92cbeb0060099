"""What an answer took: tokens, US dollars, and time, where its metadata says so."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from verifier.answers import integer_of

_MOST_TOKENS = 2**63 - 1
_LARGEST = 1e300
_MOST_SECONDS = Fraction(2**31 - 1, 1000)  # a column's milliseconds
# Larger ones are milliseconds.
_LAST_SECOND = 20_000_000_000
_YEARS = 1970, 9998
_TIME = r"[Tt _][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?([Zz]|[+\N{MINUS SIGN}-][0-9]{2}:?[0-9]{2})?"
_DATE = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({_TIME})?")


@dataclass
class Usage:
    """Sums over answers; None where none of them says anything."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_tokens: int | None = None
    cost: Fraction | None = None
    time: timedelta | None = None

    def add(self, metadata: dict[str, Any]) -> None:
        """Add what the metadata of one answer says."""
        usage = _object(metadata, "usage")
        given, made = _input(usage), _tokens(_first(usage, "completion_tokens", "output_tokens"))
        self.input_tokens = _sum(self.input_tokens, given)
        self.output_tokens = _sum(self.output_tokens, made)
        self.reasoning_tokens = _sum(self.reasoning_tokens, _reasoning(usage))
        self.total_tokens = _sum(self.total_tokens, _total(usage, given, made))
        self.cost = _sum(self.cost, _cost(metadata.get("cost")))
        self.time = _sum(self.time, _time(metadata))


def _sum(total: Any, part: Any) -> Any:
    if part is None:
        return total
    return part if total is None else total + part


def _first(whole: dict[str, Any], *keys: str) -> Any:
    given = [whole[key] for key in keys if whole.get(key) is not None]
    return given[0] if given else None


def _input(usage: dict[str, Any]) -> int | None:
    """Return all input tokens: Anthropic counts those that a cache wrote or served apart."""
    if usage.get("prompt_tokens") is not None or usage.get("input_tokens") is None:
        return _tokens(usage.get("prompt_tokens"))
    fresh = _tokens(usage["input_tokens"])
    written, served = (_tokens(usage.get(f"cache_{kind}_input_tokens")) for kind in ("creation", "read"))
    return None if fresh is None else _tokens(fresh + (written or 0) + (served or 0))


def _reasoning(usage: dict[str, Any]) -> int | None:
    places = _object(usage, "completion_tokens_details"), _object(usage, "output_tokens_details"), usage
    told = [each["reasoning_tokens"] for each in places if each.get("reasoning_tokens") is not None]
    return _tokens(told[0]) if told else None


def _total(usage: dict[str, Any], given: int | None, made: int | None) -> int | None:
    written = usage.get("total_tokens")
    if written is not None:
        return _tokens(written)
    return None if given is None or made is None else _tokens(given + made)


def _cost(cost: Any) -> Fraction | None:
    if isinstance(cost, dict):
        return _number(cost.get("total_cost"))
    return _number(cost) if type(cost) in (int, float) else None


def _tokens(value: Any) -> int | None:
    number = integer_of(value)
    return number if number is not None and 0 <= number <= _MOST_TOKENS else None


def _number(value: Any) -> Fraction | None:
    if isinstance(value, str) and not value.isascii():
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return Fraction(number) if number is not None and 0 <= number <= _LARGEST else None


def _time(metadata: dict[str, Any]) -> timedelta | None:
    """Return the time from start to end; where one of them is not known, the duration in seconds."""
    start, end = (_instant(metadata.get(key)) for key in ("start_timestamp", "end_timestamp"))
    if start and end:
        return end - start if end >= start else None
    seconds = _number(metadata.get("duration_seconds"))
    return timedelta(seconds=float(seconds)) if seconds is not None and seconds <= _MOST_SECONDS else None


def _instant(value: Any) -> datetime | None:
    """Return the instant that ISO 8601, or seconds or milliseconds since 1970, name; without a zone it is in UTC."""
    seconds = None if isinstance(value, bool) else _number(value)
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            found = datetime.fromisoformat(value.upper().replace("_", "T").replace("\N{MINUS SIGN}", "-"))
        elif seconds is not None:
            found = datetime.fromtimestamp(float(seconds / 1000 if seconds > _LAST_SECOND else seconds), UTC)
        else:
            return None
        found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if _YEARS[0] <= found.year <= _YEARS[1] else None


def _object(whole: dict[str, Any], key: str) -> dict[str, Any]:
    part = whole.get(key)
    return part if isinstance(part, dict) else {}
