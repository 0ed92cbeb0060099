"""The largest numbers that the tables' columns hold, and the memory that one file may take and would.

15 MB of "[]," would become 400 MB of lists. The figures of the estimate are upper bounds of what CPython 3.11 took over
15 MB files, each of one kind of value.
"""

import math
import re
from dataclasses import dataclass

from ingester.submission.documents import Bytes

BIGINT = 2**63 - 1
INT4 = 2**31 - 1
MEBIBYTE = 1024 * 1024
# Official task files are up to 2 MB.
MAX_FILE_BYTES = 16 * MEBIBYTE
# What a file may take to be read, in sizes of the largest file: text takes five (see estimate_memory).
MEMORY_PER_BYTE = 6

# Below this no values are counted: the worst megabyte of them takes 40 MB.
LIGHT_BYTES = 1024 * 1024
# The text, its part in the document, its JSON, and the row that waits for its COPY; and once more as UTF-8.
_COPIES = 4
_VALUE_BYTES = {b"[": 80, b"{": 80, b":": 100, b",": 64}
_STRING_BYTES = 40
_ATTEMPT = b'"attempt_'
# An attempt as it is read and judged, and its row.
_ATTEMPT_BYTES = 2000
# The own row of a task, and the shortest that a file for all tasks can say of one.
_TASK_BYTES = 1000
_SHORTEST_TASK = len(b'"a":0,')
# A light file of nothing but wide characters and attempts: nearly all files are known to fit without a look at them.
_MOST_PER_BYTE = 4 * _COPIES + 1 + _ATTEMPT_BYTES / len(_ATTEMPT)
_STRING = re.compile(rb'"[^"]*"')
_BEYOND_16_BITS = re.compile(rb"[\xf0-\xf7]")
# The same escaped: the first half of a pair; and any character beyond 8 bits.
_ESCAPED_BEYOND_16_BITS = re.compile(rb"\\u[dD][89abAB]")
_ESCAPED_BEYOND_8_BITS = re.compile(rb"\\u(?!00)[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one row's numbers, beyond which a number becomes null and is noted; and on one file's memory."""

    max_token: int = BIGINT
    max_ms: int = INT4
    max_cost: float = 1e300  # the sum of a hundred million such costs is still finite
    max_memory: int = MEMORY_PER_BYTE * MAX_FILE_BYTES


def estimate_memory(data: Bytes, most: int, tasks: int = 1) -> int:
    """Return about how many bytes of memory it takes to read a file; counting ends somewhere above `most`.

    `tasks`: how many it may answer.
    """
    return _estimate(data, most) + (min(tasks, len(data) // _SHORTEST_TASK) * _TASK_BYTES if tasks > 1 else 0)


def _estimate(data: Bytes, most: int) -> int:
    if len(data) < LIGHT_BYTES and len(data) * _MOST_PER_BYTE <= most:
        return math.ceil(len(data) * _MOST_PER_BYTE)
    text = (_COPIES * _width(data) + 1) * len(data) + data.count(_ATTEMPT) * _ATTEMPT_BYTES
    if len(data) < LIGHT_BYTES:
        return text
    at_most = text + _values(data, 0, len(data)) + data.count(b'"') * _STRING_BYTES // 2
    return at_most if text > most or at_most <= most else _estimate_exactly(data, text, most)


def _width(data: Bytes) -> int:
    """Return the bytes of a character in memory: the widest one of a text counts for all, escaped or not."""
    plain, escaped = data.isascii(), b"\\u" in data
    if (not plain and _BEYOND_16_BITS.search(data)) or (escaped and _ESCAPED_BEYOND_16_BITS.search(data)):
        return 4
    return 2 if not plain or (escaped and _ESCAPED_BEYOND_8_BITS.search(data)) else 1


def _estimate_exactly(data: Bytes, estimate: int, most: int) -> int:
    """Count values outside of strings only: a model's words are full of brackets and commas."""
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    end = 0
    for found in _STRING.finditer(plain):
        estimate += _values(plain, end, found.start()) + _STRING_BYTES
        end = found.end()
        if estimate > most:
            return estimate
    return estimate + _values(plain, end, len(plain))


def _values(data: Bytes, start: int, end: int) -> int:
    return sum(size * data.count(sign, start, end) for sign, size in _VALUE_BYTES.items())
