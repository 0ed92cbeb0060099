"""Secrets of webhooks, as Standard Webhooks has them: `whsec_` and 24 to 64 bytes in base64."""

import base64
import binascii
import secrets

_PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64


class SecretFormatError(ValueError):
    """The text is no such secret; it is not shown."""


def key_of(secret: str) -> bytes:
    """Return the key in a secret; raise SecretFormatError where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _FEWEST <= len(key) <= _MOST:
        raise SecretFormatError(f"a secret is {_PREFIX} and {_FEWEST} to {_MOST} random bytes in base64")
    return key


def fresh_secret() -> str:
    """Return a new secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
