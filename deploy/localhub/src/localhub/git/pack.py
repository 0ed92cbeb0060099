"""A pack of stored objects: their compressed bytes as they lie on the disk, behind a header each."""

import hashlib
import struct
from collections.abc import Iterator, Sequence

from localhub.repositories.packed import StoredObject

_SIGNATURE, _VERSION = b"PACK", 2


def write_pack(objects: Sequence[StoredObject]) -> Iterator[bytes]:
    """Write the chunks of a pack, its checksum last."""
    digest = hashlib.sha1(usedforsecurity=False)
    for chunk in _without_checksum(objects):
        digest.update(chunk)
        yield chunk
    yield digest.digest()


def _without_checksum(objects: Sequence[StoredObject]) -> Iterator[bytes]:
    yield struct.pack(">4sII", _SIGNATURE, _VERSION, len(objects))
    for each in objects:
        yield entry_header(each.kind, each.size)
        yield each.deflated


def entry_header(kind: int, size: int) -> bytes:
    """Write the kind and size of an object: four bits of the size, then seven a byte, the lowest first."""
    header = bytearray([kind << 4 | size & 0x0F])
    size >>= 4
    while size:
        header[-1] |= 0x80
        header.append(size & 0x7F)
        size >>= 7
    return bytes(header)
