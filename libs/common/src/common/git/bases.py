"""What later deltas of a pack may build on: its objects compressed, the last ones whole, both within a bound. Pure."""

import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from common.git.deltas import apply_delta
from common.git.pack_stream import Inflated

# All that git makes of 128 MiB of submissions. With 32 MiB an ingester's peak was 197 MB on files that hardly compress.
COMPRESSED_BYTES: Final = 24 * 1024 * 1024
WHOLE_BYTES: Final = 16 * 1024 * 1024


class _Recent:
    """The bytes used last, as many as fit, by where their object begins."""

    def __init__(self, most_bytes: int) -> None:
        self._room = most_bytes
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def get(self, place: int) -> bytes | None:
        if place in self._kept:
            self._kept.move_to_end(place)
        return self._kept.get(place)

    def put(self, place: int, kept: bytes) -> None:
        self._kept[place] = kept
        self._room -= len(kept)
        while self._room < 0:
            self._room += len(self._kept.popitem(last=False)[1])


@dataclass(frozen=True, slots=True)
class _Object:
    base: int | None
    work: int
    """Bytes to inflate and to apply for it, once its base is at hand."""


class Bases:
    """Objects by where they begin in the pack; `work` bounds the bytes that are inflated and applied again for them."""

    def __init__(self, work: int) -> None:
        self._work = work
        self._objects: dict[int, _Object] = {}
        self._compressed = _Recent(COMPRESSED_BYTES)
        self._whole = _Recent(WHOLE_BYTES)

    def put(self, place: int, base: int | None, found: Inflated, body: bytes) -> None:
        """Keep an object: as it came, and the blob that it is."""
        self._objects[place] = _Object(base, len(found.content) + len(body))
        self._compressed.put(place, found.compressed)
        self._whole.put(place, body)

    def get(self, place: int | None) -> bytes | None:
        """Return the blob of an object; None where it is not held, or would take more work than is left."""
        chain: list[tuple[int, bytes]] = []
        link = place
        body = None
        while link is not None and (body := self._whole.get(link)) is None:
            compressed = self._compressed.get(link)
            if compressed is None or self._work < self._objects[link].work:
                return None
            self._work -= self._objects[link].work
            chain.append((link, compressed))
            link = self._objects[link].base
        for link, compressed in reversed(chain):
            content = zlib.decompress(compressed)
            body = content if body is None else apply_delta(body, content)
            self._whole.put(link, body)
        return body
