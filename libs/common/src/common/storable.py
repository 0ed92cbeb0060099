"""Foreign text as PostgreSQL and JSON take it."""

import re

_REFUSED = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Return a text with U+FFFD for what PostgreSQL refuses: NUL, and surrogates without their other half."""
    return _REFUSED.sub("\ufffd", text)
