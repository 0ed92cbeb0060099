"""What was found wrong with a file, counted and worded: a row for `ingestion_errors`."""

from collections import Counter
from typing import NamedTuple

from common.error_kinds import ErrorKind, NoteKind

RETRYABLE = frozenset({ErrorKind.INTEGRITY, ErrorKind.UNAVAILABLE})
"""The Hub's fault, not the content's: the next ingestion of the same content fetches the file again."""

JUDGED_BY_LISTING = frozenset({ErrorKind.UNKNOWN_TASK, ErrorKind.TOO_LARGE})
"""Found anew in each listing, without a download."""


class Problem(NamedTuple):
    """One row for `ingestion_errors`, without the file it is about."""

    kind: ErrorKind | NoteKind
    message: str


class UnusableFileError(Exception):
    """A file's content cannot be used, and why: it costs itself alone."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


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
        self._messages: dict[ErrorKind | NoteKind, list[str]] = {}
        self._counts: Counter[ErrorKind | NoteKind] = Counter()

    def add(self, kind: ErrorKind | NoteKind, message: str) -> None:
        """Note one thing; past three different messages of a kind only the number is kept."""
        self._counts[kind] += 1
        shown = self._messages.setdefault(kind, [])
        if len(shown) < self.SHOWN and (message := message[: self.LONGEST]) not in shown:
            shown.append(message)

    def merged(self) -> tuple[Problem, ...]:
        """Return one note for each kind that occurred."""
        return tuple(Problem(kind, self._merge(kind)) for kind in self._messages)

    def _merge(self, kind: ErrorKind | NoteKind) -> str:
        messages, count = self._messages[kind], self._counts[kind]
        return "; ".join(messages) + (f" ({count} in all)" if count > len(messages) else "")
