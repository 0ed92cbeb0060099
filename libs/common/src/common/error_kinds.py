"""What can be wrong with a file: the closed sets of words that reach `ingestion_errors.kind`, metrics and the API.

Each has a severity, and a word on what the uploader can do.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, get_args


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


class NoteKind(StrEnum):
    """What was mended or left out in a file that was used."""

    UNREADABLE_ANSWER = "unreadable_answer"
    """No grid of integers can be read from an answer: it counts as wrong and is stored as it came."""
    MALFORMED_PAIR = "malformed_pair"
    """An entry of the list is no object: it holds no attempts."""
    MALFORMED_ATTEMPT = "malformed_attempt"
    """An attempt, its metadata or a part of them is not of the right type: that part is not used."""
    UNKNOWN_ATTEMPT = "unknown_attempt"
    """A key that means an attempt is not "attempt_" with a number from 0 to 9999, or an entry has none: not used."""
    UNKNOWN_ANSWER = "unknown_answer"
    """An attempt has no "answer", and a key that means one: it is not used."""
    NULL_ATTEMPT = "null_attempt"
    """An attempt is null, or its entry is null or empty: it counts as not made. The harness fills it later."""
    PAIR_OUT_OF_RANGE = "pair_out_of_range"
    """An entry names no pair of the task, nor does its place in the list: it scores nothing."""
    PAIR_INDEX_MISSING = "pair_index_missing"
    """Attempts at a later pair have no "pair_index": their place in the list counts; the official scorer reads 0."""
    DUPLICATE_ANSWER = "duplicate_answer"
    """One attempt answers one pair several times: a right answer counts, else the first."""
    UNREAD_METADATA = "unread_metadata"
    """Tokens, cost, time or reasoning are there in a shape that is not read: the answer counts, they are missing."""
    DUPLICATE_KEY = "duplicate_key"
    """A JSON object has one key several times: the last one counts."""
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    """A number is infinite, negative or beyond its column, or is no number: it became null."""
    TEXT_REPLACED = "text_replaced"
    """Text held what PostgreSQL cannot store: each such character became U+FFFD."""
    TOO_DEEP = "too_deep"
    """A value is nested too deeply to be stored: it became null."""

    DUPLICATE_FILE = "duplicate_file"
    """Several files answer one task, or several folders the same tasks: the nearest to the model's folder counts."""
    OTHER_TASK_SET = "other_task_set"
    """Files in a folder that names another task set than the dataset's: they do not count."""
    NO_TASK_NAME = "no_task_name"
    """JSON files whose names are those of no task and of no report: they are not read."""
    MODEL_NAME_MISSING = "model_name_missing"
    """The model's folder is called like a task set, since the upload named no model."""
    NESTED_FOLDER = "nested_folder"
    """Answers lie in a folder below the model's that names no task set: they count as this model's."""
    NOTHING_USABLE = "nothing_usable"
    """The folder was uploaded as a submission, and nothing in it could be used."""


Severity = Literal["error", "warning", "note"]
"""error: answers are lost; warning: answers or figures may be; note: mended, and nothing is lost."""
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""The worst first."""


class Advice(NamedTuple):
    """What is said of a kind of finding, wherever it is shown."""

    severity: Severity
    text: str


_FORMAT = 'Write each file as a list with one {"attempt_1": {"answer": grid}, ...} for each test pair'

ADVICE: Final[Mapping[ErrorKind | NoteKind, Advice]] = MappingProxyType(
    {
        ErrorKind.NOT_JSON: Advice("error", "Upload the file again: it is empty, cut off or no JSON."),
        ErrorKind.NOT_A_SUBMISSION: Advice("error", f"{_FORMAT}."),
        ErrorKind.UNKNOWN_TASK: Advice("error", "Rename the file to its task's id, or upload it to its set's dataset."),
        ErrorKind.INTEGRITY: Advice("error", "Nothing: the file is fetched again by the next sync."),
        ErrorKind.TOO_LARGE: Advice("error", "Make the file smaller, or ask the operator for more."),
        ErrorKind.TOO_COMPLEX: Advice("error", "Make the file smaller, or ask the operator for more."),
        ErrorKind.UNAVAILABLE: Advice("error", "Nothing: the file is fetched again by the next sync."),
        NoteKind.UNREADABLE_ANSWER: Advice("warning", "Answer with a list of rows of integers."),
        NoteKind.MALFORMED_PAIR: Advice("warning", f"{_FORMAT}."),
        NoteKind.MALFORMED_ATTEMPT: Advice("warning", f"{_FORMAT}; metadata is an object."),
        NoteKind.UNKNOWN_ATTEMPT: Advice("warning", 'Call attempts "attempt_1", "attempt_2": others are not counted.'),
        NoteKind.UNKNOWN_ANSWER: Advice("warning", 'Put the grid under the key "answer": others are not counted.'),
        NoteKind.NULL_ATTEMPT: Advice("note", "Run the harness again: it fills attempts that are null."),
        NoteKind.PAIR_OUT_OF_RANGE: Advice(
            "warning", "The task set has no such pair: it was amended, or it is another."
        ),
        NoteKind.PAIR_INDEX_MISSING: Advice(
            "warning", "Write pair_index into each attempt's metadata: the official scorer takes none for 0."
        ),
        NoteKind.DUPLICATE_ANSWER: Advice("warning", "Answer each pair once for each attempt."),
        NoteKind.UNREAD_METADATA: Advice("note", "Write metadata as the official harness does, to have it counted."),
        NoteKind.DUPLICATE_KEY: Advice("warning", "Write each key once: the last one counts."),
        NoteKind.VALUE_OUT_OF_RANGE: Advice("note", "Write finite numbers that are not negative."),
        NoteKind.TEXT_REPLACED: Advice("note", "Write UTF-8 without NUL characters."),
        NoteKind.TOO_DEEP: Advice("note", "Nest values less deeply."),
        NoteKind.DUPLICATE_FILE: Advice("warning", "Keep one file for each task."),
        NoteKind.OTHER_TASK_SET: Advice("warning", "Upload these files to the dataset of their task set."),
        NoteKind.NO_TASK_NAME: Advice("warning", "Call each file <task id>.json, or one for all submission.json."),
        NoteKind.MODEL_NAME_MISSING: Advice("error", "Upload again with a model's name, and delete this folder."),
        NoteKind.NESTED_FOLDER: Advice("note", "If these folders are models, upload each as a folder of its own."),
        NoteKind.NOTHING_USABLE: Advice("error", "Mend what the other findings name, and upload again."),
    }
)


_KINDS: Final[Mapping[str, ErrorKind | NoteKind]] = MappingProxyType({kind.value: kind for kind in ADVICE})


def severity_of(kind: str) -> Severity:
    """Return how bad a kind is; one of another version is a note."""
    return ADVICE[_KINDS[kind]].severity if kind in _KINDS else "note"


def advice_on(kind: str) -> str | None:
    """Return what an uploader can do; None for a kind of another version."""
    return ADVICE[_KINDS[kind]].text if kind in _KINDS else None
