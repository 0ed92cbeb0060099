"""A packfile read as it comes, and never ahead of who reads: each blob verified, and of a size that was wanted. Pure.

https://git-scm.com/docs/gitformat-pack

| bounded                                  | by                                | beyond it                           |
|------------------------------------------|-----------------------------------|-------------------------------------|
| number of objects                        | that of the blobs wanted          | foreign                             |
| size of a blob, or of what a delta makes | one that was wanted               | foreign, or too_large               |
| size of a delta                          | the largest blob wanted           | too_large                           |
| sizes that objects claim, in all         | the bytes wanted                  | too_large                           |
| compressed bytes of an object            | zlib's bound for the size claimed | too_large                           |
| objects held as they came                | 24 MiB                            | those used longest ago are let go   |
| objects held whole                       | 16 MiB                            | made again from what is held        |
| bytes inflated and applied again         | 8 times those wanted              | what would need more is left out    |
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Final

from common.git.bases import Bases
from common.git.deltas import apply_delta, sizes_of
from common.git.errors import BadPackError
from common.git.oids import oid_of
from common.git.pack_stream import Inflated, PackStream, Steps

_BLOB: Final = 3
_OFS_DELTA: Final = 6
_REF_DELTA: Final = 7
_OID_BYTES: Final = 20
_VERSIONS: Final = (2, 3)
# How often the bytes that were wanted may be inflated and applied again, for deltas whose bases are no longer at hand.
_REWORK: Final = 8


class PackReader:
    """Gives the blobs of a pack. `wanted` holds the size of each by its oid; whatever else comes is a BadPackError.

    A blob whose base did not come before it, or is no longer held, is left out: it is to be had in another way.
    """

    def __init__(self, wanted: Mapping[str, int]) -> None:
        self._stream = PackStream()
        # Its steps do not know this reader: what it holds goes with it, and does not wait for a garbage collection.
        self._steps = _Objects(wanted, self._stream).read()

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Take more of the pack, and return the blobs that are whole by now, each made when it is asked for."""
        self._stream.feed(data)
        return self._blobs()

    def close(self) -> None:
        """Raise BadPackError unless the pack was read to its end."""
        if not self._stream.ended:
            raise BadPackError("truncated", "the pack has no end")

    def _blobs(self) -> Iterator[tuple[str, bytes]]:
        for blob in self._steps:
            if blob is None:
                return
            yield blob


class _Objects:
    """The objects of a pack, read step by step."""

    def __init__(self, wanted: Mapping[str, int], stream: PackStream) -> None:
        self._wanted = wanted
        self._stream = stream
        self._sizes = frozenset(wanted.values())
        self._largest = max(self._sizes, default=0)
        self._left = sum(wanted.values())
        self._bases = Bases(_REWORK * self._left)
        self._places: dict[str, int] = {}
        self._seen: set[int] = set()

    def read(self) -> Generator[tuple[str, bytes] | None, None, None]:
        """Yield each blob, and None wherever more bytes are needed."""
        for _ in range((yield from self._header())):
            if blob := (yield from self._object()):
                yield blob
        yield from self._stream.end()

    def _header(self) -> Steps[int]:
        head = yield from self._stream.read(12)
        if head[:4] != b"PACK" or int.from_bytes(head[4:8], "big") not in _VERSIONS:
            raise BadPackError("corrupt", f"no pack begins with {head[:8]!r}")
        count = int.from_bytes(head[8:], "big")
        if count > len(self._wanted):
            raise BadPackError("foreign", f"{count} objects come instead of {len(self._wanted)}")
        return count

    def _object(self) -> Steps[tuple[str, bytes] | None]:
        """Return the next blob; None where its base is not at hand."""
        place = self._stream.place
        self._seen.add(place)
        kind, size = _kind_and_size((yield from self._stream.digits()))
        base = None if kind == _BLOB else (yield from self._base(kind, place))
        self._admit(size, kind)
        found = yield from self._stream.inflate(size)
        if kind == _BLOB:
            return self._verified(place, None, found, found.content)
        body = self._bases.get(base)
        return None if body is None else self._verified(place, base, found, self._resolved(body, found.content))

    def _base(self, kind: int, place: int) -> Steps[int | None]:
        """Return where a delta's base begins; None for one that did not come."""
        if kind == _REF_DELTA:
            oid = yield from self._stream.read(_OID_BYTES)
            return self._places.get(oid.hex())
        if kind != _OFS_DELTA:
            raise BadPackError("foreign", f"an object of type {kind} is no blob")
        base = place - _distance((yield from self._stream.digits()))
        if base not in self._seen or base == place:
            raise BadPackError("corrupt", "the base of a delta is no object")
        return base

    def _admit(self, size: int, kind: int) -> None:
        """Refuse what cannot be wanted before any of it is inflated. A delta has no more bytes than what it makes."""
        self._left -= size
        if self._left < 0 or size > self._largest:
            raise BadPackError("too_large", f"an object of {size} bytes is larger than what was wanted")
        if kind == _BLOB and size not in self._sizes:
            raise BadPackError("foreign", f"no blob of {size} bytes was wanted")

    def _resolved(self, base: bytes, delta: bytes) -> bytes:
        if (size := sizes_of(delta).result) not in self._sizes:
            raise BadPackError("foreign", f"no blob of {size} bytes was wanted")
        return apply_delta(base, delta)

    def _verified(self, place: int, base: int | None, found: Inflated, body: bytes) -> tuple[str, bytes]:
        oid = oid_of(b"blob", body)
        if self._wanted.get(oid) != len(body) or oid in self._places:
            raise BadPackError("foreign", f"the blob {oid} was not wanted, or came before")
        self._places[oid] = place
        self._bases.put(place, base, found, body)
        return oid, body


def _kind_and_size(digits: bytes) -> tuple[int, int]:
    size = digits[0] & 0x0F
    for number, byte in enumerate(digits[1:]):
        size |= (byte & 0x7F) << (4 + 7 * number)
    return digits[0] >> 4 & 0x07, size


def _distance(digits: bytes) -> int:
    """Return how far before a delta its base begins."""
    distance = -1
    for byte in digits:
        distance = (distance + 1) << 7 | byte & 0x7F
    return distance
