"""Objects as they are stored: of one in a pack the compressed bytes themselves, without inflating them."""

import os
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dulwich.objects import ObjectID
from dulwich.pack import Pack, PackFileDisappeared
from dulwich.repo import Repo

CHECKSUM_BYTES = 20  # after a pack's last object
HEADER_BYTES = 10  # of an object's kind and size, at most: sizes have up to 64 bits
WHOLE_KINDS = frozenset({1, 2, 3, 4})  # commit, tree, blob, tag; the others are deltas
QUICK = 1  # a level of zlib's: loose objects are compressed anew for each answer

_Files = list[tuple[Pack, int]]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a pack holds it: the number of its kind, its size, and its content compressed."""

    kind: int
    size: int
    deflated: bytes


class PackedObjects:
    """Reads objects of one repository for packs to be sent. Not safe for threads: the repository holds the lock."""

    def __init__(self, git: Repo) -> None:
        self._git = git
        self._bounds: dict[str, list[int]] = {}

    def kinds(self, oids: Iterable[ObjectID]) -> dict[ObjectID, int]:
        """Name the kind of each object that is there; of one in a pack without inflating it."""
        with self._open() as files:
            found = ((oid, self._kind(files, oid)) for oid in oids)
            return {oid: kind for oid, kind in found if kind}

    def read(self, oids: Iterable[ObjectID]) -> list[StoredObject]:
        """Read objects, each of which must be there."""
        with self._open() as files:
            return [self._from_pack(files, oid) or self._compressed(oid) for oid in oids]

    @contextmanager
    def _open(self) -> Iterator[_Files]:
        files: _Files = []
        try:
            for pack in self._git.object_store.packs:
                # Git may have packed anew: the store names what is there now, and once more what was before.
                with suppress(PackFileDisappeared, FileNotFoundError):
                    files.append((pack, os.open(pack.data.path, os.O_RDONLY)))
            yield files
        finally:
            for _, file in files:
                os.close(file)

    def _kind(self, files: _Files, oid: ObjectID) -> int | None:
        for _, file, start in _places(files, oid):
            kind, _, _ = _read_header(os.pread(file, HEADER_BYTES, start))
            if kind in WHOLE_KINDS:
                return kind
        try:
            return self._git.object_store.get_raw(oid)[0]
        except KeyError:
            return None

    def _from_pack(self, files: _Files, oid: ObjectID) -> StoredObject | None:
        for pack, file, start in _places(files, oid):
            data = os.pread(file, self._end(pack, start) - start, start)
            kind, size, header = _read_header(data)
            if kind in WHOLE_KINDS:
                return StoredObject(kind, size, data[header:])
        return None

    def _end(self, pack: Pack, start: int) -> int:
        """Find where the object ends that begins there: where the next one begins."""
        name = str(pack.data.path)
        if name not in self._bounds:
            end = Path(name).stat().st_size - CHECKSUM_BYTES
            self._bounds[name] = sorted([*(offset for _, offset, _ in pack.index.iterentries()), end])
        bounds = self._bounds[name]
        return bounds[bisect_right(bounds, start)]

    def _compressed(self, oid: ObjectID) -> StoredObject:
        kind, data = self._git.object_store.get_raw(oid)
        return StoredObject(kind, len(data), zlib.compress(data, QUICK))


def _places(files: _Files, oid: ObjectID) -> Iterator[tuple[Pack, int, int]]:
    for pack, file in files:
        with suppress(KeyError):
            yield pack, file, pack.index.object_offset(oid)


def _read_header(data: bytes) -> tuple[int, int, int]:
    """Read kind and size of an object, and how many bytes they take."""
    kind, size, shift, length = data[0] >> 4 & 0x07, data[0] & 0x0F, 4, 1
    while data[length - 1] & 0x80:
        size |= (data[length] & 0x7F) << shift
        shift += 7
        length += 1
    return kind, size, length
