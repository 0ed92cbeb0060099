"""What can be wrong with a file: the closed sets of words that reach `ingestion_errors.kind` and metric labels."""

from collections import Counter
from enum import StrEnum
from typing import NamedTuple


class ErrorKind(StrEnum):
    """Why a file could not be used at all."""

    NOT_JSON = "not_json"
    """Empty, cut off, nested too deeply, or otherwise no JSON."""
    NOT_A_SUBMISSION = "not_a_submission"
    """JSON, but no list of test pairs."""
    UNKNOWN_TASK = "unknown_task"
    """The task set has no task of this name."""
    INTEGRITY = "integrity"
    """The bytes that arrived are not those that the listing named."""
    TOO_LARGE = "too_large"
    """More bytes than the limit in the settings."""
    TOO_COMPLEX = "too_complex"
    """So many values, or so wide a text, that reading it would take more memory than one file may."""
    UNAVAILABLE = "unavailable"
    """The Hub did not give it, delivery after delivery."""


RETRYABLE = frozenset({ErrorKind.INTEGRITY, ErrorKind.UNAVAILABLE})
"""The Hub's fault, not the content's: the next ingestion of the same content fetches the file again."""

JUDGED_BY_LISTING = frozenset({ErrorKind.UNKNOWN_TASK, ErrorKind.TOO_LARGE})
"""Found anew in each listing, without a download."""


class NoteKind(StrEnum):
    """What was mended or left out in a file that was used."""

    UNREADABLE_ANSWER = "unreadable_answer"
    """No grid of integers can be read from an answer: it counts as wrong and is stored as it came."""
    MALFORMED_PAIR = "malformed_pair"
    """An entry of the list is no object: it holds no attempts."""
    MALFORMED_ATTEMPT = "malformed_attempt"
    """An attempt, its metadata or a part of them is not of the right type: that part is not used."""
    UNKNOWN_ATTEMPT = "unknown_attempt"
    """A key begins with "attempt_" but gives no number from 0 to 9999: it is not used."""
    PAIR_OUT_OF_RANGE = "pair_out_of_range"
    """An entry names no pair of the task, nor does its place in the list: it scores nothing."""
    DUPLICATE_ANSWER = "duplicate_answer"
    """One attempt answers one pair several times: a right answer counts, else the first."""
    DUPLICATE_KEY = "duplicate_key"
    """A JSON object has one key several times: the last one counts."""
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    """A number is infinite, negative or beyond its column, or is no number: it became null."""
    TEXT_REPLACED = "text_replaced"
    """Text held what PostgreSQL cannot store: each such character became U+FFFD."""
    TOO_DEEP = "too_deep"
    """A value is nested too deeply to be stored: it became null."""


class Problem(NamedTuple):
    """One row for `ingestion_errors`, without the file it is about."""

    kind: ErrorKind | NoteKind
    message: str


class UnfetchedFile(NamedTuple):
    """A file that was not even fetched, and why: one row for `ingestion_errors`."""

    puzzle_id: str
    kind: ErrorKind
    message: str
    blob_oid: str


class Notes:
    """Gathers the notes on one file: one for each kind, so that no file can flood the table."""

    SHOWN = 3
    LONGEST = 200

    def __init__(self) -> None:
        self._messages: dict[NoteKind, list[str]] = {}
        self._counts: Counter[NoteKind] = Counter()

    def add(self, kind: NoteKind, message: str) -> None:
        """Note one thing; past three different messages of a kind only the number is kept."""
        self._counts[kind] += 1
        shown = self._messages.setdefault(kind, [])
        if len(shown) < self.SHOWN and (message := message[: self.LONGEST]) not in shown:
            shown.append(message)

    def merged(self) -> tuple[Problem, ...]:
        """Return one note for each kind that occurred."""
        return tuple(Problem(kind, self._merge(kind)) for kind in self._messages)

    def _merge(self, kind: NoteKind) -> str:
        messages, count = self._messages[kind], self._counts[kind]
        return "; ".join(messages) + (f" ({count} in all)" if count > len(messages) else "")
