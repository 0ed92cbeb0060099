"""How git names an object: by the hash of its kind, its size, a NUL byte and its bytes."""

import hashlib
from typing import Final

_SHA1_DIGITS: Final = 40


def oid_of(kind: bytes, body: bytes | bytearray, digits: int = _SHA1_DIGITS) -> str:
    """Return the name of an object: of 40 digits in most repositories, of 64 in those of sha256."""
    algorithm = hashlib.sha1 if digits == _SHA1_DIGITS else hashlib.sha256
    digest = algorithm(b"%s %d\0" % (kind, len(body)), usedforsecurity=False)
    digest.update(body)
    return digest.hexdigest()
