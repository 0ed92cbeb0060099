"""JSON in, and text out such as PostgreSQL takes it.

The standard library's parser is the one whose behaviour fits: its hooks see duplicate keys, NaN and numbers out of
range, it keeps lone surrogates so that they can be replaced, and it refuses deep nesting without a crash. It takes
0.5 ms for 315 kB; pydantic_core.from_json takes 0.34 ms, but hides duplicates and refuses a file for one surrogate.
"""

import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from common.error_kinds import ErrorKind, NoteKind
from pydantic_core import PydanticSerializationError, to_json

from ingester.submission.error_kinds import Notes, UnusableFileError

Bytes = bytes | bytearray

REPLACEMENT = "\ufffd"
_SHORT = 30  # characters of a number that a note quotes
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # the parser joins pairs, so what is left is lone
# After an even number of backslashes, each pair of which is one. Possessive: linear in time and memory.
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*+)\\u0000")


def parse(data: Bytes) -> tuple[Any, Notes]:
    """Read a document; whatever in it cannot be kept becomes null or U+FFFD, and is noted."""
    text, complaint = _decode(data)
    try:
        value, notes = _read(text)
    except json.JSONDecodeError as error:
        raise UnusableFileError(ErrorKind.NOT_JSON, _describe(error, data)) from None
    except RecursionError:
        raise UnusableFileError(ErrorKind.NOT_JSON, "it is nested too deeply") from None
    if complaint:
        notes.add(NoteKind.TEXT_REPLACED, complaint)
    return value, notes


def dump(value: Any, notes: Notes, what: str) -> str | None:
    """Write a value for a jsonb column; `what` names it in notes."""
    try:
        text = to_json(value).decode()  # a quarter of the standard library's time
        if "\\u0000" not in text:
            return text
    except PydanticSerializationError:  # a lone surrogate, or deeper than 254
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except RecursionError:
            notes.add(NoteKind.TOO_DEEP, f"{what} is nested too deeply to be stored")
            return None
    text, nuls = _ESCAPED_NUL.subn(lambda found: found[1] + REPLACEMENT, text)
    return _without_surrogates(text, notes, what, replaced=nuls)


def clean(text: str, notes: Notes, what: str) -> str:
    """Replace what a text column cannot hold; `what` names it in notes."""
    if text.isascii() and "\0" not in text:  # nearly all: isascii looks at a flag, not at the text
        return text
    return _without_surrogates(text.replace("\0", REPLACEMENT), notes, what, replaced=text.count("\0"))


def _without_surrogates(text: str, notes: Notes, what: str, *, replaced: int) -> str:
    try:
        text.encode()  # four times faster than searching
    except UnicodeEncodeError:
        text, surrogates = _SURROGATE.subn(REPLACEMENT, text)
        replaced += surrogates
    if replaced:
        notes.add(NoteKind.TEXT_REPLACED, f"{what}: {replaced} NUL or lone surrogate characters")
    return text


def _decode(data: Bytes) -> tuple[str, str | None]:
    encoding = json.detect_encoding(data)  # it knows byte order marks, and UTF-16 without one
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError as error:
        return data.decode(encoding, "replace"), f"bytes that are no {encoding}, the first at {error.start}"


def _describe(error: json.JSONDecodeError, data: Bytes) -> str:
    if not data.strip():
        return "the file is empty"
    what = error.msg.removesuffix(" at")  # as in "Unterminated string starting at"
    return f"{what} at line {error.lineno}, column {error.colno} ({len(data)} bytes)"


def _read(text: str) -> tuple[Any, Notes]:
    try:
        return _Reader().read(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than sys.get_int_max_str_digits()
        reader = _Reader()
        return reader.read(text, reader.read_int)


class _Reader:
    """Gives the parser its hooks; one for integers makes grids five times slower, and comes only where it must."""

    def __init__(self) -> None:
        self._notes = Notes()

    def read(self, text: str, read_int: Callable[[str], int | None] | None = None) -> tuple[Any, Notes]:
        value = json.loads(
            text,
            object_pairs_hook=self._read_object,
            parse_float=self._read_float,
            parse_constant=self._refuse,
            parse_int=read_int,
        )
        return value, self._notes

    def read_int(self, text: str) -> int | None:
        with contextlib.suppress(ValueError):
            return int(text)
        self._refuse(text)
        return None

    def _read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
            self._notes.add(NoteKind.DUPLICATE_KEY, f"the key {twice!a} occurs several times in an object")
        return found

    def _read_float(self, text: str) -> float | None:
        if math.isfinite(value := float(text)):
            return value
        self._refuse(text)
        return None

    def _refuse(self, text: str) -> None:
        shown = text if len(text) < _SHORT else f"a number of {len(text)} characters"
        self._notes.add(NoteKind.VALUE_OUT_OF_RANGE, f"{shown} in the file became null")
