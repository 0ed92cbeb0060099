"""Keys that almost mean what is read, in entries, attempts and metadata: findings name them, and nothing reads them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

_NO_LETTERS = re.compile(r"[\W\d_]+")
_ANSWER = "answer|predict|output|response|grid|solution|guess|result"
_MEANS_ANSWER = re.compile(_ANSWER)
_MEANS_ATTEMPT = re.compile(rf".*attemp|try|trial|{_ANSWER}")
_WORDS = ("attempt", "answer")
# One letter too few, too many or in another place: "atempt" is at 0.92, "temp" at 0.73.
_ALIKE = 0.8
_LONGEST_MISSPELT = 12  # no longer one is alike, and comparing takes the square of its length
# Looked at of one object: a file may hold a million keys.
_MOST_KEYS = 100

_MEANS_FIGURE = re.compile(r"token|cost|price|usd|duration|latency|elapsed|runtime|seconds|time|_ms$", re.IGNORECASE)
_MEANS_REASONING = re.compile(r"reasoning|thinking|thought", re.IGNORECASE)
_SETTING = re.compile(r"^max_|limit|timeout|budget|effort", re.IGNORECASE)
# Read, or said in other words by what is read.
_METADATA = frozenset({"cost", "start_timestamp", "end_timestamp", "duration_seconds"})
_TEXTS = frozenset({"reasoning_summary", "reasoning_content"})
_USAGE = frozenset(
    {
        *("prompt_tokens", "completion_tokens", "reasoning_tokens", "total_tokens", "input_tokens", "output_tokens"),
        *("cache_creation_input_tokens", "cache_read_input_tokens"),
        *("prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details"),
    }
)


def find_misnamed_attempts(keys: Iterable[str]) -> list[str]:
    """Return the keys of an entry, of those that are no attempt's, that were meant to be: "Attempt_1", "atempt_2"."""
    return [key for key in islice(keys, _MOST_KEYS) if key.isdecimal() or _resembles(key, _MEANS_ATTEMPT, _WORDS)]


def find_misnamed_answer(attempt: Mapping[str, Any]) -> str | None:
    """Return the key of an attempt without an answer that was meant to be "answer"."""
    keys = (key for key, value in attempt.items() if value is not None)
    return next((key for key in islice(keys, _MOST_KEYS) if _resembles(key, _MEANS_ANSWER, _WORDS[1:])), None)


def find_unread(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys under which metadata has tokens, cost, time or reasoning that are not read."""
    for key, value in _given(metadata):
        if key in _TEXTS:
            if not isinstance(value, str | list):
                yield key
        elif key not in _METADATA and (_MEANS_FIGURE.search(key) or _MEANS_REASONING.search(key)):
            yield key
    for key, value in _given(metadata.get("usage")):
        if key not in _USAGE and (_MEANS_FIGURE.search(key) or isinstance(value, int | float)):
            yield f"usage.{key}"
    costs = dict(_given(metadata.get("cost")))
    if "total_cost" not in costs:
        yield from (f"cost.{key}" for key in costs)


def _given(part: Any) -> Iterator[tuple[str, Any]]:
    for key, value in part.items() if isinstance(part, Mapping) else ():
        if value is not None and not isinstance(value, bool) and not _SETTING.search(key):
            yield key, value


def _resembles(key: str, meant: re.Pattern[str], words: Iterable[str]) -> bool:
    letters = _NO_LETTERS.sub("", key.casefold()).removesuffix("s")
    if meant.match(letters):
        return True
    return len(letters) <= _LONGEST_MISSPELT and any(_alike(letters, word) for word in words)


def _alike(letters: str, word: str) -> bool:
    return SequenceMatcher(None, letters, word).ratio() >= _ALIKE
