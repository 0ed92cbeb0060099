"""Packs for tests: written object by object, right or wrong, by dulwich, or by git itself."""

import hashlib
import subprocess
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob
from dulwich.pack import pack_objects_to_data, write_pack_data

BLOB, OFS_DELTA, REF_DELTA = 3, 6, 7


def oid_of(body: bytes) -> str:
    """Return git's name of a blob."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


def wanted(bodies: Iterable[bytes]) -> dict[str, int]:
    """Return what a listing says of these blobs."""
    return {oid_of(body): len(body) for body in bodies}


def copied(offset: int, length: int) -> bytes:
    """Return a delta's instruction to copy a part of its base."""
    numbers = [*offset.to_bytes(4, "little"), *length.to_bytes(3, "little")]
    code = sum(1 << place for place, number in enumerate(numbers) if number)
    return bytes([0x80 | code, *filter(None, numbers)])


def inserted(body: bytes) -> bytes:
    """Return a delta's instruction to insert what is new."""
    return bytes([len(body)]) + body


def delta(base: int, result: int, *instructions: bytes) -> bytes:
    """Return a delta that says these sizes."""
    return _little(base) + _little(result) + b"".join(instructions)


def _little(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _distance(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        number -= 1
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


@dataclass
class Pack:
    """A pack that is written object by object; `at` is where the next one begins."""

    objects: list[bytes] = field(default_factory=list)

    @property
    def at(self) -> int:
        return 12 + sum(map(len, self.objects))

    def add(self, kind: int, content: bytes, *, base: bytes = b"", size: int | None = None, raw: bytes = b"") -> int:
        """Add an object, which may lie about its size or hold other bytes; return where it begins."""
        place = self.at
        size = len(content) if size is None else size
        head = bytes([kind << 4 | size & 0x0F | (0x80 if size > 0x0F else 0)])
        head += _little(size >> 4) if size > 0x0F else b""
        self.objects.append(head + base + (raw or zlib.compress(content)))
        return place

    def blob(self, body: bytes) -> int:
        """Add a blob as it is."""
        return self.add(BLOB, body)

    def ofs_delta(self, base: int, content: bytes) -> int:
        """Add a delta of what begins at `base`."""
        return self.add(OFS_DELTA, content, base=_distance(self.at - base))

    def ref_delta(self, base: bytes, content: bytes) -> int:
        """Add a delta of a blob."""
        return self.add(REF_DELTA, content, base=bytes.fromhex(oid_of(base)))

    def written(self, count: int | None = None, version: int = 2) -> bytes:
        """Return the pack, which may lie about how many objects it has."""
        count = len(self.objects) if count is None else count
        return checked(b"PACK" + version.to_bytes(4, "big") + count.to_bytes(4, "big") + b"".join(self.objects))


def checked(pack: bytes) -> bytes:
    """Return what stands before a pack's checksum with it."""
    return pack + hashlib.sha1(pack).digest()


def by_dulwich(bodies: Sequence[bytes], *, ofs: bool = True) -> bytes:
    """Return a pack of these blobs, with deltas."""
    blobs = [(Blob.from_string(body), None) for body in bodies]
    count, records = pack_objects_to_data(blobs, deltify=True, ofs_delta=ofs)
    pack = bytearray()
    write_pack_data(pack.extend, records, DEFAULT_OBJECT_FORMAT, num_records=count)
    return bytes(pack)


def by_git(folder: Path, bodies: Sequence[bytes], *options: str) -> bytes:
    """Return a pack of these blobs, as git itself makes it with these options of `git pack-objects`."""
    if not (folder / "HEAD").exists():
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
    for body in bodies:
        loose = folder / "objects" / oid_of(body)[:2] / oid_of(body)[2:]
        loose.parent.mkdir(exist_ok=True)
        loose.write_bytes(zlib.compress(b"blob %d\0" % len(body) + body))
    return subprocess.run(
        ["git", "-C", folder, "pack-objects", "--quiet", "--stdout", *options],
        input="\n".join(map(oid_of, bodies)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
