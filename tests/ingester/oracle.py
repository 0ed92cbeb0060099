"""The official rules written a second time, plainly and slowly. Imports nothing of the ingester."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

Grid = list[list[int]]


@dataclass
class Sums:
    """What one attempt used over the pairs of the task; None where no pair says anything."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_tokens: int | None = None
    cost: Fraction | None = None
    microseconds: int | None = None

    def add(self, name: str, value: Any) -> None:
        if value is not None:
            setattr(self, name, value + (getattr(self, name) or 0))


@dataclass
class Expected:
    """What must come out of a file."""

    pairs_solved: int = 0
    verdicts: dict[int, list[bool | None]] = field(default_factory=dict)
    """Attempt number -> one verdict for each pair, None where the attempt is absent."""
    sums: dict[int, Sums] = field(default_factory=dict)


def score(document: list[Any], outputs: list[Grid]) -> Expected:
    expected = Expected()
    for place, entry in enumerate(document):
        if not isinstance(entry, dict):
            continue
        attempts = {int(key[8:]): value for key, value in entry.items() if value is not None}
        pair = pair_of(attempts, place, len(outputs))
        for number, attempt in attempts.items():
            verdicts = expected.verdicts.setdefault(number, [None] * len(outputs))
            sums = expected.sums.setdefault(number, Sums())
            if pair is not None:
                verdicts[pair] = verdicts[pair] or answer_of(attempt) == outputs[pair]
                add_usage(sums, attempt)
    for pair in range(len(outputs)):
        if any(verdicts[pair] for verdicts in expected.verdicts.values()):
            expected.pairs_solved += 1
    return expected


def pair_of(attempts: dict[int, Any], place: int, pairs: int) -> int | None:
    for number in sorted(attempts):
        index = whole((attempts[number].get("metadata") or {}).get("pair_index"))
        if index is not None and 0 <= index < pairs:
            return index
    return place if place < pairs else None


def answer_of(attempt: dict[str, Any]) -> list[list[int | None]] | None:
    answer = attempt.get("answer")
    if isinstance(answer, str):
        answer = grid_in(answer)
    if not isinstance(answer, list) or not all(isinstance(row, list) for row in answer):
        return None
    return [[whole(cell) for cell in row] for row in answer]


def grid_in(text: str) -> Any:
    if boxed := re.search(r"\\boxed\{(.*?)\}", text, re.DOTALL):
        grid = rows(boxed[1])
        if grid is not None:
            return grid
    end = text.rfind("]") + 1
    for start in range(end, -1, -1):
        piece = text[start:end]
        if piece and piece.count("[") == piece.count("]"):
            return rows(piece)
    return None


def rows(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(row, list) for row in found) else None


def whole(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r" *[+-]?[0-9]+ *", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, int) else None


def add_usage(sums: Sums, attempt: dict[str, Any]) -> None:
    metadata = attempt.get("metadata") or {}
    usage = metadata.get("usage") or {}
    sums.add("input_tokens", usage.get("prompt_tokens"))
    sums.add("output_tokens", usage.get("completion_tokens"))
    sums.add("reasoning_tokens", (usage.get("completion_tokens_details") or {}).get("reasoning_tokens"))
    sums.add("total_tokens", usage.get("total_tokens"))
    cost = (metadata.get("cost") or {}).get("total_cost")
    sums.add("cost", None if cost is None else Fraction(cost))
    sums.add("microseconds", microseconds_of(metadata))


def microseconds_of(metadata: dict[str, Any]) -> int | None:
    start, end = metadata.get("start_timestamp"), metadata.get("end_timestamp")
    if start is None or end is None:
        return None
    span = instant(end) - instant(start)
    microseconds = (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
    return None if microseconds < 0 else microseconds


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
