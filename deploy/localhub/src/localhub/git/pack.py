"""A pack of stored objects: their compressed bytes as they lie on the disk, behind a header each."""

import hashlib
import struct
from collections.abc import Iterator, Sequence

from dulwich.pack import OFS_DELTA, REF_DELTA

from localhub.repositories.packed import StoredObject

_SIGNATURE, _VERSION = b"PACK", 2


def write_pack(objects: Sequence[StoredObject], *, offsets: bool = True) -> Iterator[bytes]:
    """Write the chunks of a pack, its checksum last. Deltas name their base by its place, or by its oid."""
    digest = hashlib.sha1(usedforsecurity=False)
    for chunk in _without_checksum(objects, offsets=offsets):
        digest.update(chunk)
        yield chunk
    yield digest.digest()


def _without_checksum(objects: Sequence[StoredObject], *, offsets: bool) -> Iterator[bytes]:
    head = struct.pack(">4sII", _SIGNATURE, _VERSION, len(objects))
    yield head
    starts: dict[bytes, int] = {}
    written = len(head)
    for each in objects:
        starts[each.oid] = written
        if each.base is None:
            header = size_header(each.kind, each.size)
        elif offsets:
            header = size_header(OFS_DELTA, each.size) + distance_header(written - starts[each.base])
        else:
            header = size_header(REF_DELTA, each.size) + bytes.fromhex(each.base.decode())
        yield header
        yield each.deflated
        written += len(header) + len(each.deflated)


def size_header(kind: int, size: int) -> bytes:
    """Write the kind and size of an object: four bits of the size, then seven a byte, the lowest first."""
    header = bytearray([kind << 4 | size & 0x0F])
    size >>= 4
    while size:
        header[-1] |= 0x80
        header.append(size & 0x7F)
        size >>= 7
    return bytes(header)


def distance_header(distance: int) -> bytes:
    """Write how far before a delta its base begins: seven bits a byte, the highest first, less one but in the last."""
    header = bytearray([distance & 0x7F])
    while distance := distance >> 7:
        distance -= 1
        header.insert(0, 0x80 | distance & 0x7F)
    return bytes(header)
