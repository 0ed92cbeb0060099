"""Objects as they are stored: of one in a pack the compressed bytes themselves, without inflating them."""

import os
import zlib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dulwich.objects import ObjectID, RawObjectID, sha_to_hex
from dulwich.pack import OFS_DELTA, REF_DELTA, Pack, PackFileDisappeared, PackIndex
from dulwich.repo import Repo

_QUICK = 1  # a level of zlib's: what no pack holds is compressed anew for each answer
_CHECKSUM_BYTES = 20  # after a pack's last object
_OID_BYTES = 20
_HEADER_BYTES = 40  # two numbers of up to 64 bits, or one and an oid, are shorter


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a pack holds it: whole, or as its difference from another one, the base."""

    oid: ObjectID
    kind: int  # as a pack numbers kinds
    size: int  # of what is compressed
    deflated: bytes
    base: ObjectID | None = None


@dataclass(frozen=True, slots=True)
class _OpenPack:
    file: int
    index: PackIndex
    starts: Sequence[int]  # of the objects, as they lie in the file; the last is where they end
    oids: Sequence[ObjectID]

    def start_of(self, oid: ObjectID) -> int | None:
        with suppress(KeyError):
            return self.index.object_offset(oid)
        return None

    def read(self, start: int) -> StoredObject:
        """Read the object that begins there."""
        kind, size, begin, base = self.header(start)
        end = self.starts[self._number(start) + 1]
        return StoredObject(self.oids[self._number(start)], kind, size, os.pread(self.file, end - begin, begin), base)

    def header(self, start: int) -> tuple[int, int, int, ObjectID | None]:
        """Read an object's kind and size, where its compressed bytes begin, and its base."""
        data = os.pread(self.file, _HEADER_BYTES, start)
        kind, size, length = _read_size(data)
        if kind == OFS_DELTA:
            distance, length = _read_distance(data, length)
            return kind, size, start + length, self.oids[self._number(start - distance)]
        if kind == REF_DELTA:
            base = sha_to_hex(RawObjectID(data[length : length + _OID_BYTES]))
            return kind, size, start + length + _OID_BYTES, base
        return kind, size, start + length, None

    def _number(self, start: int) -> int:
        return bisect_left(self.starts, start)


class PackedObjects:
    """Reads objects of one repository for packs to be sent. Not safe for threads: the repository holds the lock."""

    def __init__(self, git: Repo) -> None:
        self._git = git
        self._layouts: dict[str, tuple[Sequence[int], Sequence[ObjectID]]] = {}

    def kinds(self, oids: Iterable[ObjectID]) -> dict[ObjectID, int]:
        """Name the kind of each object that is there, as a pack numbers it, without inflating what is in a pack."""
        with self._open() as packs:
            found = ((oid, self._kind(packs, oid)) for oid in oids)
            return {oid: kind for oid, kind in found if kind}

    def read(self, oids: Collection[ObjectID]) -> list[StoredObject]:
        """Read objects, each of which must be there. A delta comes where its base does, after it, as in its pack."""
        with self._open() as packs:
            places = sorted(place for oid in oids if (place := _place(packs, oid)))
            stored = [packs[number].read(start) for number, start in places]
        found = {each.oid for each in stored}
        whole = (each if each.base is None or each.base in found else self._compress(each.oid) for each in stored)
        return [*whole, *(self._compress(oid) for oid in oids if oid not in found)]

    @contextmanager
    def _open(self) -> Iterator[list[_OpenPack]]:
        packs: list[_OpenPack] = []
        try:
            for pack in self._git.object_store.packs:
                # Git may have packed anew: the store names what is there now, and once more what was before.
                with suppress(PackFileDisappeared, FileNotFoundError):
                    file = os.open(pack.data.path, os.O_RDONLY)
                    packs.append(_OpenPack(file, pack.index, *self._layout(pack)))
            yield packs
        finally:
            for each in packs:
                os.close(each.file)

    def _layout(self, pack: Pack) -> tuple[Sequence[int], Sequence[ObjectID]]:
        path = Path(pack.data.path)
        if path.name not in self._layouts:
            entries = sorted((start, sha_to_hex(sha)) for sha, start, _ in pack.index.iterentries())
            end = path.stat().st_size - _CHECKSUM_BYTES
            self._layouts[path.name] = [*(start for start, _ in entries), end], [oid for _, oid in entries]
        return self._layouts[path.name]

    def _kind(self, packs: Sequence[_OpenPack], oid: ObjectID) -> int | None:
        """Find an object's kind; a delta is of its base's kind."""
        base: ObjectID | None = oid
        while base and (place := _place(packs, base)):
            number, start = place
            kind, _, _, base = packs[number].header(start)
            if base is None:
                return kind
        try:
            return self._git.object_store.get_raw(oid)[0]
        except KeyError:
            return None

    def _compress(self, oid: ObjectID) -> StoredObject:
        kind, data = self._git.object_store.get_raw(oid)
        return StoredObject(oid, kind, len(data), zlib.compress(data, _QUICK))


def _place(packs: Sequence[_OpenPack], oid: ObjectID) -> tuple[int, int] | None:
    """Find the number of the first pack that holds an object, and where it begins there."""
    starts = ((number, pack.start_of(oid)) for number, pack in enumerate(packs))
    return next(((number, start) for number, start in starts if start is not None), None)


def _read_size(data: bytes) -> tuple[int, int, int]:
    """Read an object's kind and size, and how many bytes they take: four bits of the size, then seven a byte."""
    kind, size, shift, length = data[0] >> 4 & 0x07, data[0] & 0x0F, 4, 1
    while data[length - 1] & 0x80:
        size |= (data[length] & 0x7F) << shift
        shift += 7
        length += 1
    return kind, size, length


def _read_distance(data: bytes, begin: int) -> tuple[int, int]:
    """Read how far before a delta its base begins, and where in the data that is told to its end."""
    distance, length = data[begin] & 0x7F, begin + 1
    while data[length - 1] & 0x80:
        distance = (distance + 1) << 7 | data[length] & 0x7F
        length += 1
    return distance, length
