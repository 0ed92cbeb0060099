"""Reads a file's list of test pairs into attempts, each with the pair that it answers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from common.error_kinds import ErrorKind, NoteKind

from ingester.submission.coercion import as_integer
from ingester.submission.error_kinds import Notes, UnusableFileError
from ingester.submission.near_misses import find_misnamed_answer, find_misnamed_attempts

_KEY = re.compile(r"attempt_(0|[1-9][0-9]{0,3})")
MAX_ATTEMPT_NUMBER = 9999
_NOTHING: Mapping[str, Any] = {}


class Attempt(NamedTuple):
    """One attempt at one pair. `pair` is None where the task has no such pair; `raw` is the attempt as it came."""

    number: int
    pair: int | None
    raw: Any
    answer: Any
    metadata: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name it in a note."""
        return f"attempt_{self.number} of {'no pair' if self.pair is None else f'pair {self.pair}'}"

    def note_unreadable(self, notes: Notes) -> None:
        """Note that the answer holds no grid, or that it stands under another key."""
        misnamed = find_misnamed_answer(self.raw) if self.answer is None else None  # only in objects it may be None
        if misnamed is None:
            notes.add(NoteKind.UNREADABLE_ANSWER, f"{self.label}: no grid of integers")
        else:
            notes.add(NoteKind.UNKNOWN_ANSWER, f"{self.label}: {misnamed!a}")


def read_attempts(document: Any, pairs_total: int, notes: Notes) -> Iterator[Attempt]:
    """Yield every attempt that is there; a null slot, a null pair and a missing one are no attempts."""
    if not isinstance(document, list):
        message = f"a list of test pairs is expected, not {_name_of(document)}"
        raise UnusableFileError(ErrorKind.NOT_A_SUBMISSION, message)
    if document and not any(entry is None or isinstance(entry, dict) for entry in document):
        message = f"a list of objects is expected, not of {_name_of(document[0])}"
        raise UnusableFileError(ErrorKind.NOT_A_SUBMISSION, message)
    for place, entry in enumerate(document):
        if isinstance(entry, dict):
            yield from _read_pair(entry, place, pairs_total, notes)
        elif entry is None:
            notes.add(NoteKind.NULL_ATTEMPT, f"entry {place} is null")
        else:
            notes.add(NoteKind.MALFORMED_PAIR, f"entry {place} is {_name_of(entry)}")


def _read_pair(entry: dict[str, Any], place: int, pairs_total: int, notes: Notes) -> Iterator[Attempt]:
    slots = _slots(entry, place, notes)
    metadata = [_metadata(raw) for _, raw in slots]
    pair = _pair_index(metadata, place, pairs_total)
    if pair is None and slots:
        notes.add(NoteKind.PAIR_OUT_OF_RANGE, f"entry {place} names none of the task's {pairs_total} pairs")
    if pair and _lacks_index(metadata, pairs_total):
        notes.add(NoteKind.PAIR_INDEX_MISSING, f"entry {place} counts for pair {pair}, officially for pair 0")
    for number, raw in slots:
        attempt = Attempt(number, pair, raw, raw.get("answer") if isinstance(raw, dict) else raw, _metadata(raw))
        if _is_malformed(raw):
            notes.add(NoteKind.MALFORMED_ATTEMPT, f"{attempt.label} or its metadata is no object")
        yield attempt


def _slots(entry: dict[str, Any], place: int, notes: Notes) -> list[tuple[int, Any]]:
    """Return the attempts that are made, by number; note those that are null, and what was meant to be one."""
    numbers = {int(found[1]): key for key in entry if (found := _KEY.fullmatch(key))}
    others = [key for key in entry if not _KEY.fullmatch(key)]
    for key in find_misnamed_attempts(others) or (() if numbers else others):
        notes.add(NoteKind.UNKNOWN_ATTEMPT, f"{key!a} in entry {place}")
    for key in numbers.values():
        if entry[key] is None:
            notes.add(NoteKind.NULL_ATTEMPT, f"{key} in entry {place}")
    if not entry:
        notes.add(NoteKind.NULL_ATTEMPT, f"entry {place} is empty")
    return [(number, entry[key]) for number, key in sorted(numbers.items()) if entry[key] is not None]


def _pair_index(metadata: list[Mapping[str, Any]], place: int, pairs_total: int) -> int | None:
    named = (as_integer(each.get("pair_index")) for each in metadata)
    return next((index for index in (*named, place) if _is_pair(index, pairs_total)), None)


def _lacks_index(metadata: list[Mapping[str, Any]], pairs_total: int) -> bool:
    """Tell whether the official scorer reads its default, 0: where the first index in range is not written."""
    for each in filter(None, metadata):
        if "pair_index" not in each:
            return True
        if _is_pair(as_integer(each["pair_index"]), pairs_total):
            return False
    return False


def _is_pair(index: int | None, pairs_total: int) -> bool:
    return index is not None and 0 <= index < pairs_total


def _metadata(raw: Any) -> Mapping[str, Any]:
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    return metadata if isinstance(metadata, dict) else _NOTHING


def _is_malformed(raw: Any) -> bool:
    # A bare grid or text, as Kaggle submissions have it, is an answer without metadata.
    if not isinstance(raw, dict):
        return not isinstance(raw, list | str)
    return not isinstance(raw.get("metadata"), dict | None)


def _name_of(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
