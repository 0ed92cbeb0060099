"""Pkt-lines: what git speaks over a connection, in lines that say their length. Pure.

https://git-scm.com/docs/gitprotocol-common
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from common.git.errors import BadPackError

_HEAD_BYTES: Final = 4
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")


class Mark(IntEnum):
    """A line that holds nothing but says something; the value is what stands in place of its length."""

    FLUSH = 0
    DELIMITER = 1
    RESPONSE_END = 2


def pkt_line(payload: bytes | Mark) -> bytes:
    """Return a line as it is sent."""
    if isinstance(payload, Mark):
        return b"%04x" % payload
    return b"%04x" % (len(payload) + _HEAD_BYTES) + payload


class PktLineReader:
    """Gives the lines of a stream of bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | Mark]:
        """Take more bytes, and return the lines that are whole by now."""
        self._buffer += data
        return self._lines()

    def _lines(self) -> Iterator[bytes | Mark]:
        while len(self._buffer) >= _HEAD_BYTES:
            length = self._length()
            if len(self._buffer) < length:
                return
            end = max(length, _HEAD_BYTES)
            line = bytes(self._buffer[_HEAD_BYTES:end])
            del self._buffer[:end]
            yield line if length >= _HEAD_BYTES else Mark(length)

    def _length(self) -> int:
        head = self._buffer[:_HEAD_BYTES]
        if not _HEX.issuperset(head) or (length := int(head, 16)) == _HEAD_BYTES - 1:
            raise BadPackError("corrupt", f"no line of git begins with {bytes(head)!r}")
        return length

    def close(self) -> None:
        """Raise BadPackError where a line has no end."""
        if self._buffer:
            raise BadPackError("truncated", "the last line of git has no end")
