"""What was found wrong with a file, counted and worded: a row for `ingestion_errors`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from common.error_kinds import ADVICE, ErrorKind, NoteKind

RETRYABLE = frozenset({ErrorKind.INTEGRITY, ErrorKind.UNAVAILABLE})
"""The Hub's fault, not the content's: the next ingestion of the same content fetches the file again."""

JUDGED_BY_LISTING = frozenset({ErrorKind.UNKNOWN_TASK, ErrorKind.TOO_LARGE})
"""Found anew in each listing, without a download."""

LISTED = frozenset(
    {
        *(NoteKind.MODEL_NAME_MISSING, NoteKind.NESTED_FOLDER, NoteKind.OTHER_TASK_SET, NoteKind.NO_TASK_NAME),
        *(NoteKind.DUPLICATE_FILE, NoteKind.NOTHING_USABLE),
    }
)
"""What is said of a folder, and costs no file: found anew in each listing."""

SHOWN_TEST_IDS = 5
"""Of the names that the files of a folder say it has."""

WARNINGS = frozenset(kind for kind, advice in ADVICE.items() if advice.severity != "note")
"""What counts as a warning where it does not cost a file."""

_NAME_IN_DOUBT = frozenset({NoteKind.MODEL_NAME_MISSING, NoteKind.NESTED_FOLDER})


class Problem(NamedTuple):
    """One row for `ingestion_errors`, without the file it is about."""

    kind: ErrorKind | NoteKind
    message: str


class UnusableFileError(Exception):
    """A file's content cannot be used, and why: it costs itself alone."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class ListedFinding(NamedTuple):
    """What is said of files without a look into them: one row for `ingestion_errors`.

    `puzzle_id` is a task id, or a path below the model's folder ("": the folder); `files` the number of files meant.
    """

    puzzle_id: str
    kind: ErrorKind | NoteKind
    message: str
    blob_oid: str | None = None
    files: int = 1

    @property
    def is_fatal(self) -> bool:
        """Tell whether it costs the file."""
        return isinstance(self.kind, ErrorKind)


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


def describe_unusable(kinds: Mapping[str, int]) -> str:
    """Say in one sentence why no answer of a submission could be used, from the number of files by kind of finding."""
    if not kinds:
        return "no answer could be used: there is none in it"
    files = (f"{kind} in {count} {'file' if count == 1 else 'files'}" for kind, count in sorted(kinds.items()))
    return f"no answer could be used: {', '.join(files)}"


def describe_test_ids(names: Sequence[str]) -> str:
    """Say what a folder's files say of whose they are, as a finding's message goes on."""
    if len(names) < 2:  # noqa: PLR2004 - one name, or none
        return "".join(f"; the files say they are of {name}" for name in names)
    shown = ", ".join(names[:SHOWN_TEST_IDS]) + (" and more" if len(names) > SHOWN_TEST_IDS else "")
    return f"; the files say they are of several models: {shown}"


def too_large(key: str, size: int, max_file_bytes: int, blob_oid: str | None) -> ListedFinding:
    """Say that a file is not read for its size."""
    limit = f"{size} bytes are more than the {max_file_bytes} of INGEST_MAX_FILE_BYTES"
    return ListedFinding(key, ErrorKind.TOO_LARGE, f"{limit}; raise it, then ingest with --force", blob_oid)


def is_name_in_doubt(findings: Iterable[ListedFinding]) -> bool:
    """Tell whether it is worth asking the files which model they are of."""
    return any(each.kind in _NAME_IN_DOUBT for each in findings)


def with_test_ids(findings: Iterable[ListedFinding], test_ids: Sequence[str]) -> list[ListedFinding]:
    """Add to what is said of a doubtful name what the files say it is."""
    said = describe_test_ids(test_ids)
    return [each._replace(message=each.message + said) if each.kind in _NAME_IN_DOUBT else each for each in findings]


def nothing_usable(subjects_by_kind: Mapping[str, int], listed: Iterable[ListedFinding]) -> ListedFinding:
    """Say why nothing of a submission counts: `listed` is among the subjects, and may mean several files each."""
    files = Counter(subjects_by_kind)
    for each in listed:
        files[each.kind] += each.files - 1
    reasons = {kind: count for kind, count in files.items() if kind not in _NAME_IN_DOUBT}
    return ListedFinding("", NoteKind.NOTHING_USABLE, describe_unusable(reasons))
