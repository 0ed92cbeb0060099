"""How a caller's token comes: as a bearer's, or as the password of basic auth, as git sends it."""

import base64
import binascii

BEARER, BASIC = "Bearer ", "Basic "


def token_of(authorization: str) -> str:
    """Read the token from an `Authorization` header; empty where there is none."""
    if not authorization.startswith(BASIC):
        return authorization.removeprefix(BEARER)
    try:
        pair = base64.b64decode(authorization.removeprefix(BASIC), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return authorization
    return pair.partition(":")[2]
