"""The key by which NATS knows a user: a seed (SU...) that signs, and its public part (U...) for the server.

The package nkeys does the same, but has no wheel, and so nothing that images can be built from without its build tools.
"""

import base64
from binascii import Error, crc_hqx
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nacl.signing import SigningKey

# The first letters, in base32: SU, and U.
_SEED = bytes((18 << 3 | 20 >> 2, 0))
_PUBLIC = bytes((20 << 3,))
_SEED_BYTES = 36


def signing_key(seed: bytes) -> "SigningKey":
    """Return the key of a user's seed; raise ValueError where it is none, or a letter of it is wrong."""
    from nacl.signing import SigningKey  # noqa: PLC0415 - libsodium comes with it, and most commands need no key

    try:
        whole = base64.b32decode(seed + b"=" * (-len(seed) % 8))
    except Error:
        raise ValueError("no base32") from None
    if len(whole) != _SEED_BYTES or not whole.startswith(_SEED) or _checksum(whole[:-2]) != whole[-2:]:
        raise ValueError("no seed of a user")
    return SigningKey(whole[2:-2])


def public(key: "SigningKey") -> str:
    """Return the public part, as a server's configuration has it."""
    whole = _PUBLIC + key.verify_key.encode()
    return base64.b32encode(whole + _checksum(whole)).decode()


def signature(key: "SigningKey", nonce: str) -> bytes:
    """Sign what the server sent to be signed."""
    return base64.b64encode(key.sign(nonce.encode()).signature)


def _checksum(data: bytes) -> bytes:
    return crc_hqx(data, 0).to_bytes(2, "little")
