"""The bytes of a pack as they come: taken by their number, inflated within a bound, and hashed."""

import hashlib
import zlib
from collections.abc import Generator
from typing import Final, NamedTuple, TypeAlias, TypeVar

from common.git.errors import BadPackError

# Inflated at once, so that what follows an object is copied seldom.
_PIECE_BYTES: Final = 16 * 1024
# Of seven bits each: more than any size that fits in memory.
_MOST_DIGITS: Final = 9

Result = TypeVar("Result")
# What is read step by step; it yields wherever more bytes are needed.
Steps: TypeAlias = Generator[None, None, Result]


class Inflated(NamedTuple):
    """What an object holds, and as what it came."""

    content: bytes
    compressed: bytes


class PackStream:
    """Takes bytes as they come and gives them in pieces that a pack is made of."""

    def __init__(self) -> None:
        self.place = 0
        self.ended = False
        self._buffer = bytearray()
        self._digest = hashlib.sha1(usedforsecurity=False)

    def feed(self, data: bytes) -> None:
        """Take more of the pack."""
        self._buffer += data

    def read(self, size: int) -> Steps[bytes]:
        """Return this many bytes."""
        while len(self._buffer) < size:
            yield
        return self._take(size)

    def digits(self) -> Steps[bytes]:
        """Return bytes up to the first one whose highest bit is not set."""
        digits = yield from self.read(1)
        while digits[-1] & 0x80:
            if len(digits) == _MOST_DIGITS:
                raise BadPackError("corrupt", "a number of a pack has no end")
            digits += yield from self.read(1)
        return digits

    def inflate(self, size: int) -> Steps[Inflated]:
        """Return a zlib stream of this many bytes."""
        inflater = zlib.decompressobj()
        content, compressed = [], []
        left = size
        # zlib's own bound for what does not compress at all.
        room = size + size // 8 + size // 64 + 16
        while not inflater.eof:
            yield from self._more()
            piece = bytes(self._buffer[:_PIECE_BYTES])
            try:
                # One byte more, for the stream to be read to its end and one that is too long to be seen.
                content.append(inflater.decompress(piece, left + 1))
            except zlib.error as error:
                raise BadPackError("corrupt", f"an object is damaged: {error}") from None
            compressed.append(self._take(len(piece) - len(inflater.unused_data)))
            left -= len(content[-1])
            room -= len(compressed[-1])
            if left < 0 or room < 0:
                raise BadPackError("too_large", f"an object is larger than its {size} bytes")
        if left:
            raise BadPackError("corrupt", f"an object has {size - left} bytes instead of {size}")
        return Inflated(b"".join(content), b"".join(compressed))

    def end(self) -> Steps[None]:
        """Read the checksum of all that was read, and that nothing follows."""
        digest = self._digest.digest()
        if (yield from self.read(len(digest))) != digest:
            raise BadPackError("corrupt", "the pack's checksum is another")
        self.ended = True
        yield from self._more()
        self.ended = False
        raise BadPackError("corrupt", "something follows the pack")

    def _more(self) -> Steps[None]:
        while not self._buffer:
            yield

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._digest.update(taken)
        self.place += size
        return taken
