"""What can be wrong with a file: the closed sets of words that reach `ingestion_errors.kind`, metrics and the API."""

from enum import StrEnum


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
