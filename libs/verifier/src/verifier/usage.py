"""What an answer took: tokens, US dollars, and time, where its metadata says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from verifier.answers import integer_of

_MOST_TOKENS = 2**63 - 1
_MOST_DOLLARS = 1e300


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
        self.input_tokens = _sum(self.input_tokens, _tokens(usage.get("prompt_tokens")))
        self.output_tokens = _sum(self.output_tokens, _tokens(usage.get("completion_tokens")))
        details = _object(usage, "completion_tokens_details")
        self.reasoning_tokens = _sum(self.reasoning_tokens, _tokens(details.get("reasoning_tokens")))
        self.total_tokens = _sum(self.total_tokens, _tokens(usage.get("total_tokens")))
        self.cost = _sum(self.cost, _dollars(_object(metadata, "cost").get("total_cost")))
        self.time = _sum(self.time, _time(metadata))


def _sum(total: Any, part: Any) -> Any:
    if part is None:
        return total
    return part if total is None else total + part


def _tokens(value: Any) -> int | None:
    number = integer_of(value)
    return number if number is not None and 0 <= number <= _MOST_TOKENS else None


def _dollars(value: Any) -> Fraction | None:
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return Fraction(number) if number is not None and 0 <= number <= _MOST_DOLLARS else None


def _time(metadata: dict[str, Any]) -> timedelta | None:
    start, end = (_instant(metadata.get(key)) for key in ("start_timestamp", "end_timestamp"))
    return end - start if start and end and end >= start else None


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def _object(whole: dict[str, Any], key: str) -> dict[str, Any]:
    part = whole.get(key)
    return part if isinstance(part, dict) else {}
