"""Pkt-lines, in which git's protocol says everything: four hex digits of length, then the content."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum

_LENGTH_BYTES = 4
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")
_SIDEBAND_BYTES = 65_515  # of a pkt-line's 65,520: less its length and the number of the band


class Mark(Enum):
    """A pkt-line without content, whose length says what it marks."""

    FLUSH = b"0000"
    DELIMITER = b"0001"
    END = b"0002"


class PktLineError(Exception):
    """What came is no sequence of pkt-lines."""


def pkt_line(content: str | bytes) -> bytes:
    """Write one pkt-line; one of text ends in a line feed."""
    data = f"{content}\n".encode() if isinstance(content, str) else content
    return f"{len(data) + _LENGTH_BYTES:04x}".encode() + data


def section(*lines: str) -> bytes:
    return b"".join(map(pkt_line, lines))


def sideband(chunks: Iterable[bytes], band: int = 1) -> Iterator[bytes]:
    """Write data in pkt-lines of a band: 1 is the pack, 2 progress, 3 an error."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= _SIDEBAND_BYTES:
            yield pkt_line(bytes([band]) + waiting[:_SIDEBAND_BYTES])
            del waiting[:_SIDEBAND_BYTES]
    if waiting:
        yield pkt_line(bytes([band]) + waiting)


def read_pkt_lines(data: bytes) -> Iterator[bytes | Mark]:
    """Read pkt-lines, marks among them, from data that holds them whole."""
    position = 0
    while position < len(data):
        digits = data[position : position + _LENGTH_BYTES]
        if not _LENGTH.fullmatch(digits):
            raise PktLineError(f"bad line length character: {digits!r}")
        length = int(digits, 16)
        if length < _LENGTH_BYTES:
            yield _mark(digits)
            position += _LENGTH_BYTES
            continue
        if position + length > len(data):
            raise PktLineError("the last line is cut short")
        yield data[position + _LENGTH_BYTES : position + length]
        position += length


def _mark(digits: bytes) -> Mark:
    try:
        return Mark(digits)
    except ValueError as error:
        raise PktLineError(f"bad line length {digits!r}") from error
