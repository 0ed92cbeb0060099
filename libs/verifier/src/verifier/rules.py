"""The official rules: from the document of one task to its verdicts."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from verifier.answers import grid_of, integer_of
from verifier.task_sets import Grid
from verifier.usage import Usage

_ATTEMPT = re.compile(r"attempt_(0|[1-9][0-9]{0,3})")
# A longer integer is no number of anything, and Python refuses to read it.
_MOST_DIGITS = 4000


@dataclass
class Verdicts:
    """Of one attempt at one task: for each pair whether it is right (None: no answer), and what it took."""

    pairs: list[bool | None]
    usage: Usage = field(default_factory=Usage)
    met: set[int] = field(default_factory=set)
    """Pairs that an entry is about: of several wrong answers the first one stands, and it may be none."""


@dataclass
class TaskScore:
    """What a submission says of one task."""

    pairs_total: int
    attempts: dict[int, Verdicts] = field(default_factory=dict)
    phantom_pairs: int = 0
    """Entries that answer no pair of the task."""
    null_attempts: int = 0
    duplicate_answers: int = 0
    """Answers to a pair that the same attempt had answered already."""
    without_index: bool = False
    """An attempt names no pair: its place in the list counts."""

    @property
    def pairs_solved(self) -> int:
        """Pairs that any attempt got right."""
        return sum(any(each.pairs[pair] for each in self.attempts.values()) for pair in range(self.pairs_total))


def parse(data: bytes) -> Any:
    """Read a file; raise ValueError where it is no JSON."""
    text = data.decode(json.detect_encoding(data), "replace")
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_float=_finite, parse_int=_integer)
    except RecursionError as error:
        raise ValueError(str(error)) from error


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _integer(text: str) -> int | None:
    return int(text) if len(text) <= _MOST_DIGITS else None


def is_submission(document: Any) -> bool:
    """Tell whether a document is a list of test pairs."""
    if not isinstance(document, list):
        return False
    return not document or any(entry is None or isinstance(entry, dict) for entry in document)


def score_task(document: list[Any], outputs: list[Grid]) -> TaskScore:
    """Compare a task's answers with the outputs; a pair counts once, however often it is answered."""
    score = TaskScore(len(outputs))
    for place, entry in enumerate(document):
        if isinstance(entry, dict):
            _add_entry(score, entry, place, outputs)
    return score


def _add_entry(score: TaskScore, entry: dict[str, Any], place: int, outputs: list[Grid]) -> None:
    attempts = {int(found[1]): value for key, value in entry.items() if (found := _ATTEMPT.fullmatch(key))}
    made = {number: value for number, value in attempts.items() if value is not None}
    score.null_attempts += len(attempts) - len(made)
    pair = _pair_of(made, place, len(outputs))
    score.phantom_pairs += bool(made) and pair is None
    for number, value in made.items():
        verdicts = score.attempts.setdefault(number, Verdicts([None] * len(outputs)))
        if pair is None:
            continue
        answer = value.get("answer") if isinstance(value, dict) else value
        verdicts.usage.add(_metadata(value))
        if grid_of(answer) == outputs[pair]:
            verdicts.pairs[pair] = True
        elif pair not in verdicts.met:
            verdicts.pairs[pair] = None if answer is None else False
        score.duplicate_answers += pair in verdicts.met
        score.without_index |= "pair_index" not in _metadata(value)
        verdicts.met.add(pair)


def _pair_of(attempts: dict[int, Any], place: int, pairs: int) -> int | None:
    for number in sorted(attempts):
        index = integer_of(_metadata(attempts[number]).get("pair_index"))
        if index is not None and 0 <= index < pairs:
            return index
    return place if place < pairs else None


def _metadata(attempt: Any) -> dict[str, Any]:
    metadata = attempt.get("metadata") if isinstance(attempt, dict) else None
    return metadata if isinstance(metadata, dict) else {}
