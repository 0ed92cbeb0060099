"""Blobs by their oids in one pack: what version 2 of git's protocol asks, and the pack in the answer. Pure.

https://git-scm.com/docs/protocol-v2
"""

from collections.abc import Iterable, Iterator
from typing import Final

from common.git.errors import BadPackError
from common.git.pkt_line import Mark, PktLineReader, pkt_line

# The first byte of a line says what it holds.
_PACK: Final = b"\1"
_PROGRESS: Final = b"\2"
_ERROR: Final = b"\3"
# As much of the server's own words as a line of a log should hold.
_LONGEST_MESSAGE: Final = 200


def fetch_request(oids: Iterable[str]) -> bytes:
    """Return what asks for these objects. It tells of none that we have it, so no base of a delta is missing."""
    wants = [f"want {oid}".encode() for oid in oids]
    lines: list[bytes | Mark] = [
        b"command=fetch",
        Mark.DELIMITER,
        b"ofs-delta",
        b"no-progress",
        *wants,
        b"done",
        Mark.FLUSH,
    ]
    return b"".join(pkt_line(line) for line in lines)


class FetchAnswer:
    """Gives the pack, part by part, that is in the answer to `fetch_request`; what has not `begun` is none of git."""

    def __init__(self) -> None:
        self._lines = PktLineReader()
        self.begun = False
        self._whole = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take more of the answer, and return the parts of the pack that it holds."""
        return self._parts(self._lines.feed(data))

    def close(self) -> None:
        """Raise BadPackError unless the answer was read to its end."""
        self._lines.close()
        if not self._whole:
            raise BadPackError("truncated", "the answer of git has no end")

    def _parts(self, lines: Iterator[bytes | Mark]) -> Iterator[bytes]:
        for line in lines:
            if self._whole:
                raise BadPackError("corrupt", "something follows the answer of git")
            if isinstance(line, bytes) and line.startswith(b"ERR "):
                raise _refused(line[4:])
            if self.begun:
                yield from self._part(line)
            elif line in {b"packfile\n", b"packfile"}:
                self.begun = True
            else:
                raise BadPackError("corrupt", "the answer of git has no pack")

    def _part(self, line: bytes | Mark) -> Iterator[bytes]:
        if line == Mark.FLUSH:
            self._whole = True
        elif isinstance(line, Mark) or line[:1] not in {_PACK, _PROGRESS, _ERROR}:
            raise BadPackError("corrupt", "the answer of git holds a line of no known kind")
        elif line.startswith(_ERROR):
            raise _refused(line[1:])
        elif line.startswith(_PACK):
            yield line[1:]


def _refused(message: bytes) -> BadPackError:
    text = message[:_LONGEST_MESSAGE].decode(errors="replace").strip()
    return BadPackError("refused", f"git answers: {text!r}")
